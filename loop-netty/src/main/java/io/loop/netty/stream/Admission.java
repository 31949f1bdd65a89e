package io.loop.netty.stream;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts a server's connections, in total and per address. Any thread.
///
/// An address without connections is removed, so the map is never larger than the number of open
/// connections.
final class Admission {

  private final ServerLimits limits;
  private final AtomicInteger total = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

  Admission(ServerLimits limits) {
    this.limits = limits;
  }

  /// {@return whether one more connection is allowed; if so, it is counted}
  boolean enter(InetAddress from) {
    if (total.incrementAndGet() > limits.connections()) {
      total.decrementAndGet();
      return false;
    }
    if (!enterFrom(from)) {
      total.decrementAndGet();
      return false;
    }
    return true;
  }

  /// {@return whether one more connection from an address is allowed; if so, it is counted} For a
  /// connection that is already counted in total.
  boolean enterFrom(InetAddress from) {
    if (isCounted(from)
        && byAddress.merge(from, 1, Integer::sum) > limits.connectionsPerAddress()) {
      leaveFrom(from);
      return false;
    }
    return true;
  }

  /// Removes a connection that was counted.
  void leave(InetAddress from) {
    total.decrementAndGet();
    leaveFrom(from);
  }

  private void leaveFrom(InetAddress from) {
    if (isCounted(from)) {
      byAddress.computeIfPresent(from, (_, open) -> open == 1 ? null : open - 1);
    }
  }

  private boolean isCounted(InetAddress from) {
    return limits.connectionsPerAddress() != Integer.MAX_VALUE && !from.isLoopbackAddress();
  }

  int addresses() {
    return byAddress.size();
  }
}
