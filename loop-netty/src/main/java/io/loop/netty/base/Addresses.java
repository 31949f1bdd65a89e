package io.loop.netty.base;

import io.netty.channel.Channel;
import io.netty.channel.unix.Socket;
import io.netty.channel.unix.UnixChannel;
import io.netty.util.AttributeKey;
import io.netty.util.NetUtil;
import java.io.IOException;
import java.net.ConnectException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketAddress;
import java.net.SocketException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The order in which a peer's addresses are tried, the message if all fail, and the text form of
/// addresses.
public final class Addresses {

  /*
   * On all transports except NIO, Netty builds the remote address of a connection it opened from
   * the address bytes only, so the scope of a link-local address is lost. The system still has it.
   */

  private static final AttributeKey<SocketAddress> PEER =
      AttributeKey.valueOf(Addresses.class, "PEER");
  private static final int HIGHEST_PORT = 65_535;

  private Addresses() {}

  /// Checks a port before it is used.
  ///
  /// @throws IllegalArgumentException if it is out of range
  public static void requirePort(int port) {
    if (port < 0 || port > HIGHEST_PORT) {
      throw new IllegalArgumentException(
          "port " + port + " is out of range: ports are 0 to " + HIGHEST_PORT);
    }
  }

  /// {@return an address in its usual notation: `127.0.0.1:80`, `[::1]:80`, `[fe80::1%eth0]:80`}
  public static String text(@Nullable SocketAddress address) {
    if (!(address instanceof InetSocketAddress internet)) {
      return String.valueOf(address);
    }
    String host = internet.isUnresolved() ? internet.getHostString() : text(internet.getAddress());
    return (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + internet.getPort();
  }

  public static String text(InetAddress address) {
    return NetUtil.toAddressString(address)
        + (address instanceof Inet6Address six ? scopeOf(six) : "");
  }

  private static String scopeOf(Inet6Address address) {
    int scope = address.getScopeId();
    if (scope == 0) {
      return "";
    }
    NetworkInterface named = address.getScopedInterface();
    try {
      named = named == null ? NetworkInterface.getByIndex(scope) : named;
    } catch (SocketException unknown) {
      // use the number of the interface
    }
    return "%" + (named == null ? scope : named.getName());
  }

  /// {@return whether two addresses are equal, and have the same network interface if both name
  /// one}
  public static boolean areSame(InetSocketAddress one, InetSocketAddress other) {
    return one.equals(other)
        && (!(one.getAddress() instanceof Inet6Address first)
            || !(other.getAddress() instanceof Inet6Address second)
            || first.getScopeId() == second.getScopeId()
            || first.getScopeId() == 0
            || second.getScopeId() == 0);
  }

  /// {@return both addresses of a channel, in Netty's format}
  public static String text(Channel channel) {
    SocketAddress peer = peerOf(channel);
    return "[id: 0x"
        + channel.id().asShortText()
        + ", L:"
        + text(channel.localAddress())
        + (peer == null ? "" : (channel.isActive() ? " - R:" : " ! R:") + text(peer))
        + "]";
  }

  /// {@return the reason of a failure to use an address, without the address}
  public static String reason(Throwable cause, SocketAddress address) {
    String text = Reasons.of(cause);
    String suffix = ": " + address; // Netty's
    String reason =
        text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
    return address instanceof InetSocketAddress internet && lacksScope(internet)
        ? reason + " (a link-local address needs its interface, as in fe80::1%eth0)"
        : reason;
  }

  private static boolean lacksScope(InetSocketAddress address) {
    return address.getAddress() instanceof Inet6Address six
        && six.isLinkLocalAddress()
        && six.getScopeId() == 0;
  }

  /// Determines the peer's address while the channel is open; on its event loop's thread, or in a
  /// coroutine of that event loop.
  public static void rememberPeer(Channel channel) {
    if (channel.remoteAddress() instanceof InetSocketAddress remote
        && lacksScope(remote)
        && channel instanceof UnixChannel unix
        && unix.fd() instanceof Socket socket) {
      channel.attr(PEER).set(socket.remoteAddress());
    }
  }

  /// {@return the address of a channel's peer, with its scope} Any thread.
  public static @Nullable SocketAddress peerOf(Channel channel) {
    SocketAddress remote = channel.remoteAddress();
    if (remote instanceof InetSocketAddress internet && lacksScope(internet)) {
      SocketAddress remembered = channel.attr(PEER).get();
      return remembered == null ? remote : remembered;
    }
    return remote;
  }

  /// {@return the addresses with the same family as another one, or all if that is null}
  public static List<InetAddress> ofFamily(@Nullable InetAddress other, List<InetAddress> addresses)
      throws IOException {
    if (other == null) {
      return addresses;
    }
    var same = addresses.stream().filter(each -> each.getClass() == other.getClass()).toList();
    if (same.isEmpty()) {
      throw new ConnectException(
          "no address of "
              + addresses.stream().map(Addresses::text).toList()
              + " has the same family as "
              + text(other));
    }
    return same;
  }

  /// {@return addresses with alternating families, after some of the first one} RFC 8305, section
  /// 4.
  public static List<InetAddress> interleaved(List<InetAddress> addresses, int firstOnes) {
    if (firstOnes == 0) {
      return addresses;
    }
    var families = new LinkedHashMap<Class<?>, ArrayDeque<InetAddress>>();
    for (InetAddress address : addresses) {
      families.computeIfAbsent(address.getClass(), _ -> new ArrayDeque<>()).add(address);
    }
    List<InetAddress> ordered = new ArrayList<>();
    var first = families.firstEntry().getValue();
    while (ordered.size() < firstOnes - 1 && !first.isEmpty()) {
      ordered.add(first.remove());
    }
    while (ordered.size() < addresses.size()) {
      for (var family : families.values()) {
        if (!family.isEmpty()) {
          ordered.add(family.remove());
        }
      }
    }
    return ordered;
  }

  /// {@return one failure for the failures of all attempts, worded as in asyncio}
  public static IOException together(List<IOException> faults) {
    IOException first = faults.getFirst();
    String text = first.getMessage();
    if (faults.stream().allMatch(fault -> Objects.equals(fault.getMessage(), text))) {
      return first;
    }
    var all =
        new ConnectException(
            "Multiple exceptions: "
                + faults.stream().map(Throwable::getMessage).collect(Collectors.joining(", ")));
    faults.forEach(all::addSuppressed);
    return all;
  }
}
