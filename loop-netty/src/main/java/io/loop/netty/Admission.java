package io.loop.netty;

import java.net.InetAddress;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/// Counts a server's connections, in all and by address. Any thread.
///
/// An address without connections is forgotten: the map is no larger than what is open.
final class Admission {

  private final ServerLimits limits;
  private final AtomicInteger total = new AtomicInteger();
  private final ConcurrentHashMap<InetAddress, Integer> byAddress = new ConcurrentHashMap<>();

  Admission(ServerLimits limits) {
    this.limits = limits;
  }

  /// {@return whether one more may come in; if so it is counted}
  boolean enter(InetAddress from) {
    if (total.incrementAndGet() > limits.connections()) {
      total.decrementAndGet();
      return false;
    }
    if (isCounted(from)
        && byAddress.merge(from, 1, Integer::sum) > limits.connectionsPerAddress()) {
      leave(from);
      return false;
    }
    return true;
  }

  /// Counts out one that came in.
  void leave(InetAddress from) {
    total.decrementAndGet();
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
