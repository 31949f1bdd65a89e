package io.loop.samples;

import io.loop.netty.channel.CoroutineHandler;
import io.loop.netty.channel.HandlerOptions;
import io.loop.netty.stream.ChannelServer;
import io.loop.netty.stream.Server;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttMessage;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// An MQTT broker on Netty's codec: quality of service 0 and 1, retained messages, last wills.
@Command(
    name = "mqtt",
    description = {
      "Passes messages between MQTT 3.1.1 clients, until SIGINT or SIGTERM.",
      "Quality of service 0 and 1; sessions end with their connections. There is no password:"
          + " everyone who reaches the port can read and publish everything."
    },
    mixinStandardHelpOptions = true,
    versionProvider = Samples.Version.class)
final class Mqtt implements Callable<Integer> {

  private static final Duration CONNECTING = Duration.ofSeconds(10);
  private static final int LONGEST_NAME = 256;
  private static final int MOST_UNREAD = 16; // messages of one client that wait for the broker

  @Mixin private CommonOptions common = new CommonOptions();

  @Mixin private ListenOptions listen = new ListenOptions();

  @Option(
      names = "--max-connections",
      defaultValue = "1000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--max-message",
      defaultValue = "64",
      paramLabel = "KIB",
      description = "limit of one message (default: ${DEFAULT-VALUE})")
  private int maxMessage;

  @Option(
      names = "--max-retained",
      defaultValue = "1000",
      paramLabel = "MESSAGES",
      description = "limit of retained messages (default: ${DEFAULT-VALUE})")
  private int maxRetained;

  @Option(
      names = "--max-subscriptions",
      defaultValue = "100",
      description = "limit of the subscriptions of a client (default: ${DEFAULT-VALUE})")
  private int maxSubscriptions;

  @Option(
      names = "--queue",
      defaultValue = "256",
      paramLabel = "MESSAGES",
      description = {
        "messages that may wait for a slow client (default: ${DEFAULT-VALUE}). More of quality 0 are"
            + " lost; with one more of quality 1 the client is disconnected"
      })
  private int queue;

  @Option(
      names = "--in-flight",
      defaultValue = "20",
      paramLabel = "MESSAGES",
      description =
          "messages that a client may leave unacknowledged; then it gets no more of quality 1"
              + " (default: ${DEFAULT-VALUE})")
  private int inFlight;

  @Option(
      names = "--idle",
      defaultValue = "3600",
      paramLabel = "SECONDS",
      description =
          "closes connections on which nothing arrives, also of clients that announce more"
              + " (default: ${DEFAULT-VALUE})")
  private int idle;

  @Override
  public Integer call() {
    var options = common.runnerOptions();
    common.requirePositive("--max-connections", maxConnections);
    common.requirePositive("--max-message", maxMessage);
    common.requireNotNegative("--max-retained", maxRetained);
    common.requirePositive("--max-subscriptions", maxSubscriptions);
    common.requirePositive("--queue", queue);
    common.requirePositive("--in-flight", inFlight);
    common.requirePositive("--idle", idle);
    return ListenOptions.runUntilSignal(this::serve, options);
  }

  private void serve() throws IOException {
    var broker = new MqttBroker(maxRetained);
    var sessions =
        new MqttSession.Limits(queue, inFlight, maxSubscriptions, Duration.ofSeconds(idle));
    var limits =
        ServerLimits.DEFAULT
            .withConnections(maxConnections)
            .withFirstMessageTimeout(CONNECTING)
            .withIdleTimeout(null); // each session has its own, as its client wants
    Server server =
        ChannelServer.startServer(
            pipeline ->
                pipeline.addLast(
                    new MqttDecoder(maxMessage << 10, LONGEST_NAME),
                    MqttEncoder.INSTANCE,
                    CoroutineHandler.of(
                        MqttMessage.class,
                        channel -> new MqttSession(channel, broker, sessions).serve(),
                        HandlerOptions.DEFAULT.withWaterMarks(MOST_UNREAD, MOST_UNREAD / 4))),
            listen.host(),
            listen.port(),
            ServerOptions.DEFAULT.withLimits(limits));
    listen.announce(server.localAddress());
    server.serveForever();
  }
}
