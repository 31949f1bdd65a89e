package io.loop.samples;

import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// Options for the addresses at which browsers open a server's page.
final class OriginOptions {

  private static final Pattern ORIGIN = Pattern.compile("https?://[^/?#@]+");
  private static final int HTTP_PORT = 80;

  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

  private List<String> more = List.of();

  @Option(
      names = "--origin",
      paramLabel = "URL",
      description = {
        "an address at which browsers open the page, such as https://chat.example.org if a proxy is"
            + " in front; can be given several times (default: the address that"
            + " the browser has connected to)"
      })
  void setOrigins(List<String> origins) {
    for (String origin : origins) {
      if (!isOrigin(origin)) {
        throw new ParameterException(
            spec.commandLine(), "--origin must be http://HOST:PORT or https://HOST, not " + origin);
      }
    }
    more = List.copyOf(origins);
  }

  private static boolean isOrigin(String text) {
    try {
      return ORIGIN.matcher(text).matches() && URI.create(text).getHost() != null;
    } catch (IllegalArgumentException malformed) {
      return false;
    }
  }

  /// {@return the addresses at which browsers may open the page on a connection}
  ///
  /// @param host what `--host` says
  /// @param local the server's side of the connection; null if it is closed already
  WebOrigins at(String host, @Nullable SocketAddress local) {
    Set<String> origins = new LinkedHashSet<>(more);
    if (local instanceof InetSocketAddress address) {
      origins.add(origin(address));
      origins.add(origin(host, address));
      if (address.getAddress().isLoopbackAddress()) {
        origins.add(origin("localhost", address));
      }
    }
    return new WebOrigins(origins);
  }

  private static String origin(String host, InetSocketAddress local) {
    return origin(InetSocketAddress.createUnresolved(host, local.getPort()));
  }

  private static String origin(InetSocketAddress address) {
    String text = ListenOptions.text(address);
    return "http://" + (address.getPort() == HTTP_PORT ? text.replaceFirst(":80$", "") : text);
  }
}
