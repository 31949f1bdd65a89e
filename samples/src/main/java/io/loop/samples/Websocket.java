package io.loop.samples;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.netty.buffer.ByteBufHolder;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A room in which people chat with browsers: WebSockets on Netty's codec.
@Command(
    name = "websocket",
    description = {
      "A chat room for browsers, on WebSockets, until SIGINT or SIGTERM. Open its address in two"
          + " windows.",
      "For other clients: connect to /chat. The first message is your name. /who lists the people"
          + " in the room, /quit leaves it."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Websocket implements Callable<Integer> {

  private static final System.Logger LOG = System.getLogger("io.loop.samples.websocket");
  private static final String PATH = "/chat";
  private static final Duration CONNECTING = Duration.ofSeconds(10);
  private static final Duration FAREWELL = Duration.ofSeconds(3);
  private static final int WAITING_ROOM = 100; // connections without a name
  private static final int LARGEST_BODY = 1024; // no request needs one
  private static final int MOST_UNREAD = 16; // messages of one peer that wait to be heard

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private OriginOptions origins = new OriginOptions();

  @Option(
      names = "--max-peers",
      defaultValue = "1000",
      description = "limit of people in the room (default: ${DEFAULT-VALUE})")
  private int maxPeers;

  @Option(
      names = "--max-message",
      defaultValue = "2048",
      paramLabel = "BYTES",
      description = "limit of a message (default: ${DEFAULT-VALUE})")
  private int maxMessage;

  @Option(
      names = "--queue",
      defaultValue = "256",
      paramLabel = "MESSAGES",
      description =
          "messages that may wait for a slow peer before it is dropped (default: ${DEFAULT-VALUE})")
  private int queue;

  @Option(
      names = "--rate",
      defaultValue = "20",
      paramLabel = "MESSAGES",
      description =
          "messages of one peer in a second; more are read later (default: ${DEFAULT-VALUE})")
  private int rate;

  @Option(
      names = "--ping",
      defaultValue = "20",
      paramLabel = "SECONDS",
      description = {
        "how often each peer is asked whether it is there; it is dropped if nothing comes from it"
            + " for twice that time (default: ${DEFAULT-VALUE})"
      })
  private int ping;

  private @Nullable Server server;

  @Override
  public Integer call() throws IOException {
    var options = common.runnerOptions();
    common.requirePositive("--max-peers", maxPeers);
    common.requirePositive("--max-message", maxMessage);
    common.requirePositive("--queue", queue);
    common.requirePositive("--rate", rate);
    common.requirePositive("--ping", ping);
    WebPage page = WebPage.of("websocket.html");
    return ListenOptions.runUntilSignal(() -> run(page), options);
  }

  private void run(WebPage page) throws IOException {
    var limits =
        new WebsocketRoom.Limits(maxPeers, maxMessage, queue, rate, Duration.ofSeconds(ping));
    var room = new WebsocketRoom(limits, this::isClosing);
    var connections =
        ServerLimits.DEFAULT
            .withConnections(maxPeers + WAITING_ROOM)
            .withFirstMessageTimeout(CONNECTING)
            .withIdleTimeout(limits.silence().plus(FAREWELL));
    Server listening =
        ChannelServer.startServer(
            pipeline -> initialize(pipeline, page, room),
            listen.host(),
            listen.port(),
            ServerOptions.DEFAULT.withLimits(connections));
    server = listening;
    listen.announce(listening.localAddress());
    listening.serveForever();
  }

  private boolean isClosing() {
    return server != null && !server.isServing();
  }

  private void initialize(ChannelPipeline pipeline, WebPage page, WebsocketRoom room) {
    var handshakes =
        WebSocketServerProtocolConfig.newBuilder()
            .websocketPath(PATH)
            .maxFramePayloadLength(maxMessage)
            .dropPongFrames(false) // they are signs of life
            .handleCloseFrames(false) // or a close frame's answer would be answered
            .sendCloseFrame(null) // the peer's own has a reason
            .forceCloseTimeoutMillis(-1) // WebsocketPeer has a limit
            .build();
    pipeline.addLast(
        new HttpServerCodec(),
        new HttpObjectAggregator(LARGEST_BODY),
        new WebDoor(origins.at(listen.host(), pipeline.channel().localAddress())),
        new Pings(),
        new WebSocketServerProtocolHandler(handshakes),
        new WebSocketFrameAggregator(maxMessage),
        CoroutineHandler.of(
            ByteBufHolder.class,
            channel -> serve(channel, page, room),
            HandlerOptions.DEFAULT.withWaterMarks(MOST_UNREAD, MOST_UNREAD / 4)));
  }

  /// Drops the pings of a peer that does not read. Netty's handler answers all that it gets, and
  /// the answers would pile up.
  private static final class Pings extends SimpleChannelInboundHandler<PingWebSocketFrame> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, PingWebSocketFrame ping) {
      if (context.channel().isWritable()) {
        context.fireChannelRead(ping.retain());
      }
    }
  }

  /// Serves a connection: a request for the page, or a peer of the room.
  private static void serve(
      CoroutineChannel<ByteBufHolder> channel, WebPage page, WebsocketRoom room)
      throws IOException {
    try {
      boolean _ = channel.receive(first -> take(channel, first, page, room));
    } catch (DecoderException | SocketTimeoutException fault) { // there is no name yet
      LOG.log(Level.DEBUG, () -> channel + ": " + fault.getMessage());
    }
  }

  private static void take(
      CoroutineChannel<ByteBufHolder> channel,
      ByteBufHolder first,
      WebPage page,
      WebsocketRoom room)
      throws IOException {
    switch (first) {
      case FullHttpRequest request -> channel.send(page.answer(request));
      case TextWebSocketFrame name -> WebsocketPeer.serve(channel, room, name.text().strip());
      case CloseWebSocketFrame _ ->
          channel.send(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
      default ->
          WebsocketPeer.dismiss(
              channel,
              WebSocketCloseStatus.INVALID_MESSAGE_TYPE,
              "the first message must be a name");
    }
  }
}
