package io.loop.netty.name;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a look-up found.
///
/// @param addresses the addresses; empty if it failed
/// @param reason why it failed
/// @param cause what Netty reported; null if that is not known any more
/// @param life how long to remember the answer; zero if not at all
record DnsAnswer(
    List<InetAddress> addresses, String reason, @Nullable Throwable cause, Duration life) {

  static DnsAnswer found(List<InetAddress> addresses, Duration life) {
    return new DnsAnswer(List.copyOf(addresses), "", null, life);
  }

  static DnsAnswer failed(String reason, @Nullable Throwable cause, Duration life) {
    return new DnsAnswer(List.of(), reason, cause, life);
  }

  /// {@return this answer without the exceptions that it refers to}
  DnsAnswer toRemember() {
    return new DnsAnswer(addresses, reason, null, life);
  }

  /// {@return the addresses}
  ///
  /// @throws UnknownHostException if there are none; it has the reason
  List<InetAddress> addressesOf(String host) throws UnknownHostException {
    if (addresses.isEmpty()) {
      var fault = new UnknownHostException(host + ": " + reason);
      fault.initCause(cause);
      throw fault;
    }
    return addresses;
  }
}
