package io.loop.samples;

import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.channel.HandlerOptions.Disconnect;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.scope.TaskGroup;
import io.loop.sync.RateLimiter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Server-sent events on Netty's HTTP codec: the server's own loop, live.
@Command(
    name = "sse",
    description = {
      "Serves server-sent events, until SIGINT or SIGTERM: how late the server's own loop is, and"
          + " its tasks. Open its address in a browser for a plot.",
      "GET /events is the stream. POST /callback?millis=N and /coroutine?millis=N make a blocking"
          + " call, of at most a second: the one stops the loop, the other does not."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Sse implements Callable<Integer> {

  private static final Duration CONNECTING = Duration.ofSeconds(10);
  private static final Duration IDLE = Duration.ofSeconds(60);
  private static final Duration GRACE = Duration.ofSeconds(5);
  private static final Duration BLOCKING = Duration.ofSeconds(2);
  private static final int LARGEST_BODY = 1024; // no request needs one
  private static final int SEND_BUFFER = 16_384; // or it takes long until a slow reader is noticed

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Mixin private OriginOptions origins = new OriginOptions();

  @Option(
      names = "--interval",
      defaultValue = "250",
      paramLabel = "MILLIS",
      description = "time between two events (default: ${DEFAULT-VALUE})")
  private int interval;

  @Option(
      names = "--history",
      defaultValue = "240",
      paramLabel = "EVENTS",
      description =
          "events that are kept for clients that connect or come back (default: ${DEFAULT-VALUE})")
  private int history;

  @Option(
      names = "--heartbeat",
      defaultValue = "15",
      paramLabel = "SECONDS",
      description =
          "how long a stream may have no event before it gets a comment (default:"
              + " ${DEFAULT-VALUE})")
  private int heartbeat;

  @Option(
      names = "--patience",
      defaultValue = "10",
      paramLabel = "SECONDS",
      description =
          "how long a client may take nothing before its stream ends (default: ${DEFAULT-VALUE})")
  private int patience;

  @Option(
      names = "--max-connections",
      defaultValue = "1000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Override
  public Integer call() throws IOException {
    var options = common.runnerOptions();
    common.requirePositive("--interval", interval);
    common.requireNotNegative("--history", history);
    common.requirePositive("--heartbeat", heartbeat);
    common.requirePositive("--patience", patience);
    common.requirePositive("--max-connections", maxConnections);
    WebPage page = WebPage.of("sse.html");
    return ListenOptions.runUntilSignal(() -> run(page), options);
  }

  private void run(WebPage page) throws IOException {
    var pulse = new SsePulse(Duration.ofMillis(interval), history);
    var shared =
        new SseConnection.Shared(
            page,
            pulse,
            Duration.ofSeconds(heartbeat),
            Duration.ofSeconds(patience),
            new RateLimiter(1, BLOCKING));
    Server server =
        ChannelServer.startServer(
            pipeline -> initialize(pipeline, shared), listen.host(), listen.port(), options());
    listen.announce(server.localAddress());
    TaskGroup.run(group -> { // a signal cancels the tasks in this order
      group.createTask(pulse::measureOn);
      group.createTask(server::serveForever);
    });
  }

  private ServerOptions options() {
    Duration quiet = Duration.ofSeconds(heartbeat).multipliedBy(2);
    var limits =
        ServerLimits.DEFAULT
            .withConnections(maxConnections)
            .withFirstMessageTimeout(CONNECTING)
            .withIdleTimeout(IDLE.compareTo(quiet) > 0 ? IDLE : quiet);
    return ServerOptions.DEFAULT
        .withLimits(limits)
        .withGrace(GRACE)
        .withChildOption(ChannelOption.SO_SNDBUF, SEND_BUFFER);
  }

  private void initialize(ChannelPipeline pipeline, SseConnection.Shared shared) {
    pipeline.addLast(
        new HttpServerCodec(),
        new HttpObjectAggregator(LARGEST_BODY),
        new WebDoor(origins.at(listen.host(), pipeline.channel().localAddress())),
        CoroutineHandler.of(
            FullHttpRequest.class,
            channel -> new SseConnection(channel, shared).serve(),
            HandlerOptions.DEFAULT.withDisconnect(Disconnect.CANCEL)));
  }
}
