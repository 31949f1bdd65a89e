package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Coroutines that wait for something about a channel to change, and then look again.
///
/// Each has a future of its own, so that cancelling one leaves the others alone. Waking only
/// schedules them: it is safe inside any Netty callback.
final class Waiters {

  private final Loop loop;

  /// Made for the first who waits; most channels' writers never do. Replaced only while empty.
  private List<LoopFuture<@Nullable Void>> waiting = List.of();

  Waiters(Loop loop) {
    this.loop = loop;
  }

  /// {@return whether nobody waits} Who is woken or cancelled and has not gone on yet does not.
  boolean isEmpty() {
    for (LoopFuture<@Nullable Void> woken : waiting) {
      if (!woken.isDone()) {
        return false;
      }
    }
    return true;
  }

  /// Suspends until the next wake-up.
  void await() {
    var woken = new LoopFuture<@Nullable Void>(loop);
    if (waiting.isEmpty()) {
      waiting = new ArrayList<>(1);
    }
    waiting.add(woken);
    try {
      woken.await();
    } finally {
      waiting.remove(woken);
    }
  }

  void wakeAll() {
    if (loop.isClosed()) {
      return;
    }
    for (LoopFuture<@Nullable Void> woken : waiting) {
      if (!woken.isDone()) {
        woken.setResult(null);
      }
    }
  }
}
