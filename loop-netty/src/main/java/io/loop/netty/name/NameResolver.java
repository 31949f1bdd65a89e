package io.loop.netty.name;

import java.io.IOException;
import java.net.InetAddress;
import java.util.List;

/// Looks up the addresses of host names.
///
/// A connection, server or datagram endpoint uses the resolver of its options, else that of its
/// loop ([`NettyLoop.setNameResolver`][io.loop.netty.NettyLoop#setNameResolver]), else the one that
/// the system property `io.loop.resolver` names, `dns` or `jdk`. The default is `dns`.
///
/// A resolver of your own is a lambda, for example one that asks a service registry and leaves the
/// other names to [#dns].
@FunctionalInterface
public interface NameResolver {

  /// {@return the addresses of a host, in the order in which they should be tried; at least one}
  /// Coroutine only, on a loop that runs on Netty. May suspend; a cancellation gives the look-up
  /// up.
  ///
  /// Loop calls this for names only, never for addresses or the empty string.
  ///
  /// @param host the name
  /// @throws java.net.UnknownHostException if it has no address, or no server answered; the message
  ///   has the name and the reason
  /// @throws IOException if the look-up failed for another reason
  List<InetAddress> resolve(String host) throws IOException;

  /// {@return the resolver that asks the system's name servers, without a thread} Any thread.
  ///
  /// It reads the hosts file first, and again when the file has changed. For other names it asks
  /// the servers of `/etc/resolv.conf`, with its search domains and `ndots`, for IPv4 and IPv6
  /// addresses at the same time. The answer has the IPv4 addresses first, or the IPv6 addresses if
  /// `java.net.preferIPv6Addresses` is true; within a family they have the server's order.
  /// `localhost` and the names below it are never asked for. Other sources that the system may
  /// have, such as those of `nsswitch.conf`, are not used; [#jdk] uses them.
  ///
  /// Each loop has its own cache. Limits are those of [DnsOptions#DEFAULT].
  ///
  /// [#jdk] takes its place if the system's name servers are not known or the loop's executor has
  /// no sockets. They are not known if `/etc/resolv.conf` cannot be read or names no server, on
  /// Windows, and on macOS without `io.netty:netty-resolver-dns-native-macos`.
  static NameResolver dns() {
    return DnsResolver.SYSTEM;
  }

  /// {@return a resolver like [#dns()], with other options} Any thread. Create one and keep it:
  /// each has caches of its own.
  ///
  /// If the options name servers, [#jdk] never takes its place. On an executor without sockets it
  /// then throws an [IllegalStateException].
  ///
  /// @param options the servers, time limits and limits of the cache
  static NameResolver dns(DnsOptions options) {
    return new DnsResolver(options);
  }

  /// {@return the resolver that calls [InetAddress#getAllByName], on 32 threads for the whole
  /// process} Any thread.
  ///
  /// It uses all of the system's sources, in the system's order, and the JDK's cache. The system's
  /// look-up cannot be cancelled: a caller that gives up leaves a thread behind until the look-up
  /// ends.
  static NameResolver jdk() {
    return JdkResolver.INSTANCE;
  }
}
