package io.loop.netty;

import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;

/// Looks at a server's connections now and then, and cuts off those that stay silent.
final class Sweeper {

  /*
   * One timer for all connections, on the listening loop; a connection only counts how often it was
   * found unchanged. Each is looked at on its own loop.
   */

  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final int LOOKS = 4;

  private final Loop loop;
  private final Collection<ConnectionHandler> connections;
  private final ServerLimits limits;
  private final Duration interval;
  private @Nullable TimerHandle timer;

  Sweeper(Loop loop, Collection<ConnectionHandler> connections, ServerLimits limits) {
    this.loop = loop;
    this.connections = connections;
    this.limits = limits;
    this.interval = perLook(shorter(limits.idleTimeout(), limits.firstMessageTimeout()));
  }

  private static Duration shorter(@Nullable Duration one, @Nullable Duration other) {
    if (one == null) {
      return other == null ? Duration.ZERO : other;
    }
    return other == null || one.compareTo(other) < 0 ? one : other;
  }

  /// As [Duration#dividedBy], which is slow at first: it divides big numbers.
  private static Duration perLook(Duration whole) {
    long rest = whole.getSeconds() % LOOKS * NANOS_PER_SECOND + whole.getNano();
    return Duration.ofSeconds(whole.getSeconds() / LOOKS, rest / LOOKS);
  }

  void start() {
    if (interval.isPositive()) {
      timer = loop.callLater(interval, this::sweep);
    }
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
    }
  }

  private void sweep() {
    var loops = new HashSet<Loop>();
    for (ConnectionHandler connection : connections) {
      if (loops.add(connection.loop())) {
        Server.onLoop(connection.loop(), () -> sweepThoseOf(connection.loop()));
      }
    }
    start();
  }

  private void sweepThoseOf(Loop owner) {
    for (ConnectionHandler connection : connections) {
      if (connection.loop() == owner) {
        look(connection);
      }
    }
  }

  private void look(ConnectionHandler connection) {
    Activity activity = connection.activity();
    activity.look();
    if (isOver(limits.idleTimeout(), activity.silentLooks())) {
      connection.cut(new SocketTimeoutException("nothing sent or received for too long"));
    } else if (!connection.hasBeenRead()
        && isOver(limits.firstMessageTimeout(), activity.looks())) {
      connection.cut(new SocketTimeoutException("no complete message for too long"));
    }
  }

  private boolean isOver(@Nullable Duration limit, int looks) {
    return limit != null && interval.multipliedBy(looks).compareTo(limit) > 0;
  }
}
