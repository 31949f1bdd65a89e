package io.loop.samples;

import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.loop.samples.RedisRequests.Request;
import io.netty.handler.codec.redis.FixedRedisMessagePool;
import io.netty.handler.codec.redis.RedisDecoder;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// A small Redis server on Netty's codec: strings that expire, counters, publish and subscribe.
///
/// Like Redis it serves all clients on one thread, so a command is never interrupted by another and
/// needs no lock.
@Command(
    name = "redis",
    description = {
      "Serves strings, counters, expiry, publish and subscribe to Redis clients, until SIGINT or"
          + " SIGTERM.",
      "There is no password: everyone who reaches the port can read and change everything."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Redis implements Callable<Integer> {

  private static final int LONGEST_LINE = 64; // requests consist of bulk strings, not of lines

  private static final int MOST_WAITING = 32; // requests of a client that does not read the answers

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--max-memory",
      defaultValue = "64",
      paramLabel = "MIB",
      description = "limit of keys and values together (default: ${DEFAULT-VALUE})")
  private int maxMemory;

  @Option(
      names = "--max-request",
      defaultValue = "256",
      paramLabel = "KIB",
      description = "limit of one request (default: ${DEFAULT-VALUE})")
  private int maxRequest;

  @Option(
      names = "--max-connections",
      defaultValue = "1000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--idle",
      defaultValue = "300",
      paramLabel = "SECONDS",
      description =
          "closes connections on which nothing happens; subscribers send PING"
              + " (default: ${DEFAULT-VALUE})")
  private int idle;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--max-memory", maxMemory);
    common.requirePositive("--max-request", maxRequest);
    common.requirePositive("--max-connections", maxConnections);
    common.requirePositive("--idle", idle);
    return ListenOptions.runUntilSignal(this::serve, options);
  }

  private void serve() throws IOException {
    var store = new RedisStore(Loop.running(), (long) maxMemory << 20);
    var topics = new RedisTopics();
    var limits =
        ServerLimits.DEFAULT
            .withConnections(maxConnections)
            .withIdleTimeout(Duration.ofSeconds(idle));
    Server server =
        ChannelServer.startServer(
            pipeline ->
                pipeline.addLast(
                    new RedisDecoder(LONGEST_LINE, FixedRedisMessagePool.INSTANCE),
                    new RedisRequests((long) maxRequest << 10),
                    new RedisAnswers(),
                    CoroutineHandler.of(
                        Request.class,
                        channel -> new RedisSession(channel, store, topics).serve(),
                        HandlerOptions.DEFAULT.withWaterMarks(MOST_WAITING, MOST_WAITING / 4))),
            listen.host(),
            listen.port(),
            ServerOptions.DEFAULT.withLimits(limits));
    listen.announce(server.localAddress());
    server.serveForever();
  }
}
