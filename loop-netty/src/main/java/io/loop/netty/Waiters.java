package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// Coroutines that wait for a change of a channel, and then check their condition again.
///
/// Each has its own future, so cancelling one does not affect the others. Waking only schedules
/// them, so it is safe inside any Netty callback.
final class Waiters {

  private final Loop loop;

  /// Created for the first waiter; most channels' writers never wait.
  private @Nullable WaiterLine line;

  Waiters(Loop loop) {
    this.loop = loop;
  }

  /// {@return whether no coroutine waits} A coroutine that was woken or cancelled, and has not
  /// resumed yet, does not count.
  boolean isEmpty() {
    return line == null || !line.hasAsleep();
  }

  /// {@return whether a coroutine waits, or was woken and has not resumed yet} What has arrived is
  /// then for that one.
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
