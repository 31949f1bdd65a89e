package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// Coroutines that wait for something about a channel to change, and then look again.
///
/// Each has a future of its own, so that cancelling one leaves the others alone. Waking only
/// schedules them: it is safe inside any Netty callback.
final class Waiters {

  private final Loop loop;

  /// Made for the first who waits; most channels' writers never do.
  private @Nullable WaiterLine line;

  Waiters(Loop loop) {
    this.loop = loop;
  }

  /// {@return whether nobody waits} Who is woken or cancelled and has not gone on yet does not.
  boolean isEmpty() {
    return line == null || !line.hasAsleep();
  }

  /// {@return whether somebody waits, or has been woken and has not gone on yet} Then what has come
  /// is for that one.
  boolean areTaken() {
    return line != null && line.hasLive();
  }

  /// Suspends until the next wake-up.
  void await() {
    if (line == null) {
      line = new WaiterLine();
    }
    line.await(new LoopFuture<>(loop));
  }

  void wakeAll() {
    if (line != null && !loop.isClosed()) {
      line.wakeAll();
    }
  }
}
