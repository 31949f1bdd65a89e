package io.loop.netty.socket;

import io.loop.event.Loop;
import io.loop.netty.base.HostNames;
import io.loop.netty.name.NameResolver;
import io.loop.netty.poller.NettyDriver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Resolves hosts: addresses here, names with the resolver that was chosen.
public final class Resolver {

  private static final String PROPERTY = "io.loop.resolver";

  private Resolver() {}

  /// {@return the addresses of a host, in the resolver's order} Coroutine only; suspends unless the
  /// host is an address, or its addresses are known.
  ///
  /// @param chosen the resolver; null for that of the loop
  /// @throws UnknownHostException if it has none
  public static List<InetAddress> resolve(@Nullable NameResolver chosen, String host)
      throws IOException {
    InetAddress literal = HostNames.literal(host);
    if (literal != null) {
      return List.of(literal);
    }
    HostNames.requireName(host);
    NameResolver resolver = chosen == null ? of(Loop.running()) : chosen;
    List<InetAddress> addresses = resolver.resolve(host);
    if (addresses.isEmpty()) {
      throw new UnknownHostException(host + ": the resolver returned no address");
    }
    return addresses;
  }

  /// {@return the resolver of a loop: the system property's until another one is set} Any thread.
  public static NameResolver of(Loop loop) {
    return (NameResolver)
        NettyDriver.anywhere(loop).settings().computeIfAbsent(NameResolver.class, _ -> preset());
  }

  /// Sets the resolver of a loop. Any thread.
  public static void set(Loop loop, NameResolver resolver) {
    NettyDriver.anywhere(loop).settings().put(NameResolver.class, resolver);
  }

  /// {@return the resolver that the system property selects}
  ///
  /// @throws IllegalArgumentException if there is none of that name
  public static NameResolver preset() {
    String name = System.getProperty(PROPERTY, "dns");
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "dns" -> NameResolver.dns();
      case "jdk" -> NameResolver.jdk();
      default ->
          throw new IllegalArgumentException(
              "unknown resolver '" + name + "' in " + PROPERTY + "; choose one of dns, jdk");
    };
  }
}
