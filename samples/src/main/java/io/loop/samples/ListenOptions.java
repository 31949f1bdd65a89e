package io.loop.samples;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.task.Coro;
import java.io.PrintWriter;
import java.net.InetSocketAddress;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Where a server listens, and how it says so.
final class ListenOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "address to listen on (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  @Option(
      names = "--port",
      defaultValue = "8007",
      description = "port to listen on, 0 for a free one (default: ${DEFAULT-VALUE})")
  private int port;

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  /// Tells whoever started the server that it may be connected to.
  void announce(InetSocketAddress address) {
    PrintWriter out = spec.commandLine().getOut();
    out.println("listening on " + address.getAddress().getHostAddress() + ":" + address.getPort());
    out.flush();
  }

  /// Runs a server until SIGINT or SIGTERM.
  ///
  /// @return the exit code
  static int runUntilSignal(Coro.Action server, Runner.Options options) {
    try {
      Asyncio.run(Coro.of(server), options);
    } catch (KeyboardInterrupt | SystemExit asked) {
      // the signal we wait for: the server has ended in good order
    }
    return 0;
  }
}
