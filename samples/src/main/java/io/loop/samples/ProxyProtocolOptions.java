package io.loop.samples;

import io.loop.netty.stream.ServerOptions;
import io.loop.netty.transport.ProxyProtocol;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The option of a server behind a proxy that sends PROXY headers.
final class ProxyProtocolOptions {

  @Option(
      names = "--proxy-protocol",
      split = ",",
      paramLabel = "SUBNET",
      description =
          "each connection starts with a PROXY header, and comes from one of these proxies, for"
              + " instance 10.0.0.0/8 (default: no header)")
  private List<String> trusted = List.of();

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  /// {@return the options of a server, with the PROXY protocol if it was chosen}
  ServerOptions applyTo(ServerOptions options) {
    if (trusted.isEmpty()) {
      return options;
    }
    try {
      return options.withProxyProtocol(
          ProxyProtocol.DEFAULT.withTrusted(trusted.toArray(String[]::new)));
    } catch (IllegalArgumentException malformed) {
      throw new ParameterException(
          spec.commandLine(), "--proxy-protocol: " + malformed.getMessage(), malformed);
    }
  }
}
