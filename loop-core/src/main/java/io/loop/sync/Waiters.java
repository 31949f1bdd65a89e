package io.loop.sync;

import io.loop.task.LoopFuture;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Those who wait for the same thing, in order of arrival.
final class Waiters {

  /*
   * A waiter that was woken stays in the line until its task runs. So the line also says that
   * somebody is about to take what has become free, and newcomers can be kept from overtaking.
   */

  private final LoopBinding binding;
  private final ArrayDeque<LoopFuture<@Nullable Void>> line = new ArrayDeque<>();

  Waiters(LoopBinding binding) {
    this.binding = binding;
  }

  /// Suspends until woken, at the end of the line; leaves it in any case.
  void await() {
    await(binding.newWaiter());
  }

  /// Suspends until woken, as a waiter that was made before.
  void await(LoopFuture<@Nullable Void> waiter) {
    line.add(waiter);
    try {
      waiter.await();
    } finally {
      line.remove(waiter);
    }
  }

  /// {@return whether somebody is in the line who was not cancelled}
  boolean hasLive() {
    for (LoopFuture<?> waiter : line) {
      if (!waiter.isCancelled()) {
        return true;
      }
    }
    return false;
  }

  /// Wakes the head of the line, unless it is awake already.
  void wakeHead() {
    LoopFuture<@Nullable Void> head = line.peek();
    if (head != null && !head.isDone()) {
      head.setResult(null);
    }
  }

  /// Wakes the first ones that are still asleep.
  ///
  /// @param count how many at most
  /// @return how many were woken
  int wake(int count) {
    int woken = 0;
    for (LoopFuture<@Nullable Void> waiter : line) {
      if (woken >= count) {
        break;
      }
      if (!waiter.isDone()) {
        waiter.setResult(null);
        woken++;
      }
    }
    return woken;
  }

  int wakeAll() {
    return wake(line.size());
  }

  /// {@return the part of a description that tells of the line}
  String text() {
    return line.isEmpty() ? "" : ", waiters:" + line.size();
  }
}
