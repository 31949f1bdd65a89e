package io.loop.samples;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.task.Coro;
import io.netty.util.NetUtil;
import java.io.PrintWriter;
import java.net.Inet6Address;
import java.net.InetSocketAddress;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/// Options for the address that a server listens on.
final class ListenOptions {

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--host",
      defaultValue = "127.0.0.1",
      description = "address to listen on (default: ${DEFAULT-VALUE})")
  private String host = "127.0.0.1";

  private int port;

  @Option(
      names = "--port",
      defaultValue = "8007",
      description = "port to listen on, 0 for a free one (default: ${DEFAULT-VALUE})")
  void setPort(int port) {
    this.port = CommonOptions.requirePort(spec, port);
  }

  String host() {
    return host;
  }

  int port() {
    return port;
  }

  /// Prints the address that the server listens on.
  void announce(InetSocketAddress address) {
    PrintWriter out = spec.commandLine().getOut();
    out.println("listening on " + text(address));
    out.flush();
  }

  /// {@return an address in its usual notation: `127.0.0.1:8007`, `[::1]:8007`, `[fe80::1%2]:8007`}
  static String text(InetSocketAddress address) {
    String host =
        address.isUnresolved()
            ? address.getHostString()
            : NetUtil.toAddressString(address.getAddress());
    if (address.getAddress() instanceof Inet6Address six && six.getScopeId() != 0) {
      host += "%" + six.getScopeId();
    }
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + address.getPort();
  }

  /// Runs a server until SIGINT or SIGTERM.
  ///
  /// @return the exit code
  static int runUntilSignal(Coro.Action server, Runner.Options options) {
    try {
      Asyncio.run(Coro.of(server), options);
    } catch (KeyboardInterrupt | SystemExit asked) {
      // the expected signal: the server has shut down gracefully
    }
    return 0;
  }
}
