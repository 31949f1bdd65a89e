package io.loop.netty.stream;

import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import io.loop.netty.base.Durations;
import io.loop.netty.base.LoopCalls;
import io.loop.netty.served.Activity;
import io.loop.netty.served.Served;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import org.jspecify.annotations.Nullable;

/// Checks a server's connections periodically, and closes those that exceed a timeout.
final class Sweeper {

  /*
   * There is one timer for all connections, on the listening loop; each connection is checked on
   * its own loop. A connection only keeps the time of the last check that found it active, so it
   * may have been idle for one interval longer, and it is closed at the first check after its
   * timeout. With eight checks per timeout, it is exceeded by at most a quarter.
   */

  private static final int LOOKS = 8;

  private final Loop loop;
  private final Collection<Served> connections;
  private final ServerLimits limits;
  private final Duration interval;
  private @Nullable TimerHandle timer;

  Sweeper(Loop loop, Collection<Served> connections, ServerLimits limits) {
    this.loop = loop;
    this.connections = connections;
    this.limits = limits;
    this.interval =
        Durations.part(shorter(limits.idleTimeout(), limits.firstMessageTimeout()), LOOKS);
  }

  private static Duration shorter(@Nullable Duration one, @Nullable Duration other) {
    if (one == null) {
      return other == null ? Duration.ZERO : other;
    }
    return other == null || one.compareTo(other) < 0 ? one : other;
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
    for (Served connection : connections) {
      if (loops.add(connection.loop())) {
        LoopCalls.soon(connection.loop(), () -> sweepThoseOf(connection.loop()));
      }
    }
    start();
  }

  private void sweepThoseOf(Loop owner) {
    for (Served connection : connections) {
      if (connection.loop() == owner) {
        look(connection);
      }
    }
  }

  private void look(Served connection) {
    Activity activity = connection.lookAtActivity();
    Duration now = connection.loop().time();
    if (isOver(limits.idleTimeout(), activity.silence(now))) {
      connection.cut(new SocketTimeoutException("nothing sent or received for too long"));
    } else if (!connection.hasBeenRead()
        && !connection.isClosing() // its body has ended and waits for no message
        && isOver(limits.firstMessageTimeout(), activity.age(now))) {
      connection.cut(new SocketTimeoutException("no complete message for too long"));
    }
  }

  private static boolean isOver(@Nullable Duration limit, Duration time) {
    return limit != null && time.compareTo(limit) >= 0;
  }
}
