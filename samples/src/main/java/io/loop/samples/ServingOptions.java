package io.loop.samples;

import io.loop.netty.LoopGroup;
import io.loop.netty.stream.ServerLimits;
import io.loop.netty.stream.ServerOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.function.UnaryOperator;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Options of a server whose connections one loop serves, or several.
final class ServingOptions {

  @FunctionalInterface
  interface Body {
    /// Serves until it is cancelled.
    void serve(ServerOptions options) throws IOException;
  }

  @Option(
      names = "--loops",
      defaultValue = "1",
      description = "number of loops that serve connections (default: ${DEFAULT-VALUE})")
  private int loops;

  @Option(
      names = "--reuse-port",
      description =
          "let each loop accept its own connections, and other processes listen on the same port")
  private boolean reusePort;

  @Option(
      names = "--grace",
      defaultValue = "5",
      paramLabel = "SECONDS",
      description = "grace period when the server shuts down (default: ${DEFAULT-VALUE})")
  private int grace;

  @Option(
      names = "--max-connections",
      defaultValue = "10000",
      description = "limit of open connections; more are closed (default: ${DEFAULT-VALUE})")
  private int maxConnections;

  @Option(
      names = "--systemd",
      description =
          "serve the socket of systemd's socket activation, in place of --host and --port")
  private boolean systemd;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  /// {@return whether several loops serve the connections}
  private boolean isSpread() {
    return loops > 1;
  }

  /// Runs a server until SIGINT or SIGTERM.
  ///
  /// @param limits adds limits to that of connections
  /// @return the exit code
  int run(CommonOptions common, UnaryOperator<ServerLimits> limits, Body server) {
    var running = common.runnerOptions();
    common.requirePositive("--loops", loops);
    common.requireNotNegative("--grace", grace);
    common.requirePositive("--max-connections", maxConnections);
    ServerOptions options =
        socket()
            .withGrace(Duration.ofSeconds(grace))
            .withLimits(
                limits.apply(ServerLimits.DEFAULT.withConnections(maxConnections, maxConnections)));
    if (!isSpread()) {
      return ListenOptions.runUntilSignal(() -> server.serve(options), running);
    }
    try (var group = new LoopGroup(loops, common.transport())) {
      return ListenOptions.runUntilSignal(() -> server.serve(options.withGroup(group)), running);
    }
  }

  private ServerOptions socket() {
    if (!systemd) {
      return reusePort ? ServerOptions.DEFAULT.withReusePort() : ServerOptions.DEFAULT;
    }
    if (reusePort) {
      throw new ParameterException(
          spec.commandLine(), "--reuse-port and --systemd exclude each other: the socket is bound");
    }
    try {
      return ServerOptions.DEFAULT.withSystemdSocket();
    } catch (IllegalStateException none) {
      throw new ParameterException(spec.commandLine(), none.getMessage(), none);
    }
  }
}
