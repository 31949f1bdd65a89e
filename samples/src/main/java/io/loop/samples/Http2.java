package io.loop.samples;

import static io.netty.handler.ssl.ApplicationProtocolNames.HTTP_1_1;
import static io.netty.handler.ssl.ApplicationProtocolNames.HTTP_2;

import io.loop.Asyncio;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerOptions;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2GoAwayFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2SecurityUtil;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.logging.Logger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// An HTTP/2 server: TLS, Netty's codec, and a coroutine for each stream.
@Command(
    name = "http2",
    description = {
      "Serves HTTP/2 over TLS until SIGINT or SIGTERM.",
      "GET / greets, POST /count counts and hashes the body, GET /numbers?to=N streams N lines."
          + " Clients that do not know HTTP/2 get HTTP/1.1."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Http2 implements Callable<Integer> {

  /*
   * The pipeline of a connection, after the TLS handshake has chosen HTTP/2:
   *
   *   TLS -> ReadPause -> Http2FrameCodec -> Http2MultiplexHandler -> Faults -> Http2Session
   *                                             |
   *                                             `- of each stream: Faults -> Http2Exchange
   *
   * HTTP/2's flow control is the back-pressure for bodies, in both directions: a stream's window
   * opens when its coroutine has received something, and a coroutine that writes waits in drain()
   * while the client's window is closed. Headers are not under flow control, so ReadPause reads no
   * more requests while the client does not read the answers.
   */

  private static final System.Logger LOG = System.getLogger("io.loop.samples.http2");

  /// Logs each client that sends too many control frames, with a stack trace.
  private static final Logger NETTYS =
      Logger.getLogger("io.netty.handler.codec.http2.Http2ControlFrameLimitEncoder");

  private static final int LONGEST_LINE = 4096; // of HTTP/1.1
  private static final int STREAM_WINDOW = 256 << 10;
  private static final int MOST_RESETS = 200;
  private static final int RESET_SECONDS = 30;
  private static final int MOST_CONTROL_FRAMES = 1_000; // that wait for the client

  private static final HandlerOptions PARTS =
      HandlerOptions.DEFAULT.withLastPart(part -> part instanceof LastHttpContent);

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private CertificateOptions certificate = new CertificateOptions();

  @Mixin private ServingOptions serving = new ServingOptions();

  @Option(
      names = "--max-streams",
      defaultValue = "100",
      description = "limit of the open streams of a connection (default: ${DEFAULT-VALUE})")
  private int maxStreams;

  @Option(
      names = "--max-headers",
      defaultValue = "8192",
      paramLabel = "BYTES",
      description = "limit of the headers of a request (default: ${DEFAULT-VALUE})")
  private int maxHeaders;

  @Option(
      names = "--max-body",
      defaultValue = "67108864",
      paramLabel = "BYTES",
      description = "limit of the body of a request (default: ${DEFAULT-VALUE})")
  private int maxBody;

  @Option(
      names = "--max-unread",
      defaultValue = "32768",
      paramLabel = "BYTES",
      description =
          "how much of an answer may wait for the peer, on each stream (default: ${DEFAULT-VALUE})")
  private int maxUnread;

  @Option(
      names = "--request-timeout",
      defaultValue = "15",
      paramLabel = "SECONDS",
      description = "how long each 64 KiB of a request may take (default: ${DEFAULT-VALUE})")
  private int requestTimeout;

  @Option(
      names = "--idle-timeout",
      defaultValue = "60",
      paramLabel = "SECONDS",
      description =
          "how long a connection may have no stream, and how long a stream's peer may take nothing"
              + " of the answer (default: ${DEFAULT-VALUE})")
  private int idleTimeout;

  @Override
  public Integer call() {
    NETTYS.setLevel(java.util.logging.Level.WARNING);
    certificate.requireBothOrNone();
    common.requirePositive("--max-streams", maxStreams);
    common.requirePositive("--max-headers", maxHeaders);
    common.requireNotNegative("--max-body", maxBody);
    common.requirePositive("--max-unread", maxUnread);
    common.requirePositive("--request-timeout", requestTimeout);
    common.requirePositive("--idle-timeout", idleTimeout);
    return serving.run(
        common, limits -> limits.withIdleTimeout(Duration.ofSeconds(idleTimeout)), this::serve);
  }

  private void serve(ServerOptions options) throws IOException {
    SslContext tls = Asyncio.toThread(() -> certificate.contextWith(Http2::withProtocols));
    Server server =
        ChannelServer.startServer(
            pipeline -> pipeline.addLast(new Choice()),
            listen.host(),
            listen.port(),
            options.withTls(tls));
    listen.announce(server.localAddress());
    server.serveForever();
  }

  private static SslContextBuilder withProtocols(SslContextBuilder builder) {
    return builder
        .ciphers(Http2SecurityUtil.CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
        .applicationProtocolConfig(
            new ApplicationProtocolConfig(
                Protocol.ALPN,
                SelectorFailureBehavior.NO_ADVERTISE,
                SelectedListenerFailureBehavior.ACCEPT,
                HTTP_2,
                HTTP_1_1));
  }

  /// Builds the rest of the pipeline when the TLS handshake has chosen a protocol.
  private final class Choice extends ApplicationProtocolNegotiationHandler {

    Choice() {
      super(HTTP_1_1);
    }

    @Override
    protected void configurePipeline(ChannelHandlerContext context, String protocol) {
      if (protocol.equals(HTTP_2)) {
        addHttp2(context.pipeline());
      } else {
        addHttp1(context.pipeline());
      }
    }

    @Override
    protected void handshakeFailure(ChannelHandlerContext context, Throwable cause) {
      lost(context.channel(), cause);
      var _ = context.close();
    }

    /// Any peer can break a handshake, at any rate, so Netty's warnings are left out.
    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) throws Exception {
      if (fault instanceof IOException || fault instanceof DecoderException) {
        handshakeFailure(context, fault);
      } else {
        super.exceptionCaught(context, fault);
      }
    }
  }

  private static void lost(Channel channel, Throwable why) {
    LOG.log(Level.DEBUG, () -> channel + ": " + why);
  }

  private void addHttp1(ChannelPipeline pipeline) {
    var limits = new HttpConnection.Limits(maxBody, Duration.ofSeconds(requestTimeout));
    var decoding =
        new HttpDecoderConfig().setMaxInitialLineLength(LONGEST_LINE).setMaxHeaderSize(maxHeaders);
    pipeline.addLast(
        new HttpServerCodec(decoding),
        HttpDisconnector.INSTANCE,
        CoroutineHandler.of(
            HttpObject.class, channel -> new HttpConnection(channel, null, limits).serve(), PARTS));
  }

  private void addHttp2(ChannelPipeline pipeline) {
    var idle = Duration.ofSeconds(idleTimeout);
    var limits = new Http2Exchange.Limits(maxBody, Duration.ofSeconds(requestTimeout), idle);
    var session = new Http2Session(limits, idle);
    pipeline.addLast(
        new ReadPause(),
        codec(),
        new Http2MultiplexHandler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel stream) {
                addStream(stream, session);
              }
            }),
        Faults.DROPPED,
        CoroutineHandler.of(Http2GoAwayFrame.class, session::serve));
  }

  private Http2FrameCodec codec() {
    return Http2FrameCodecBuilder.forServer()
        .initialSettings(
            new Http2Settings()
                .maxConcurrentStreams(maxStreams)
                .maxHeaderListSize(maxHeaders)
                .initialWindowSize(STREAM_WINDOW))
        .decoderEnforceMaxRstFramesPerWindow(MOST_RESETS, RESET_SECONDS)
        .encoderEnforceMaxRstFramesPerWindow(MOST_RESETS, RESET_SECONDS)
        .encoderEnforceMaxQueuedControlFrames(MOST_CONTROL_FRAMES)
        .build();
  }

  private void addStream(Channel stream, Http2Session session) {
    stream.config().setWriteBufferWaterMark(new WriteBufferWaterMark(maxUnread / 2, maxUnread));
    stream
        .pipeline()
        .addLast(Faults.DROPPED, CoroutineHandler.of(Http2StreamFrame.class, session::serveStream));
  }

  /// Reads nothing from a client that does not read. Without this, a client could have any number
  /// of answers that are only headers.
  static final class ReadPause extends ChannelInboundHandlerAdapter {
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
      Channel channel = context.channel();
      channel.config().setAutoRead(channel.isWritable());
      context.fireChannelWritabilityChanged();
    }
  }

  /// Drops the faults of a client that breaks the protocol: the codec has reset the stream, or ends
  /// the connection.
  @Sharable
  private static final class Faults extends ChannelInboundHandlerAdapter {
    static final Faults DROPPED = new Faults();

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
      if (Http2CodecUtil.getEmbeddedHttp2Exception(fault) == null) {
        context.fireExceptionCaught(fault);
      } else {
        lost(context.channel(), fault);
      }
    }
  }
}
