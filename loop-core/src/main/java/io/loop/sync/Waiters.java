package io.loop.sync;

import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// Those who wait for the same thing, in order of arrival.
final class Waiters {

  /*
   * A waiter that was woken stays in the line until its task runs. So the line also says that
   * somebody is about to take what has become free, and newcomers can be kept from overtaking.
   */

  private final LoopBinding binding;
  private final WaiterLine line = new WaiterLine();

  Waiters(LoopBinding binding) {
    this.binding = binding;
  }

  /// Suspends until woken, at the end of the line; leaves it in any case.
  void await() {
    await(binding.newWaiter());
  }

  /// Suspends until woken, as a waiter that was made before.
  void await(LoopFuture<@Nullable Void> waiter) {
    line.await(waiter);
  }

  /// {@return whether somebody is in the line who was not cancelled}
  boolean hasLive() {
    return line.hasLive();
  }

  /// Wakes the head of the line, unless it is awake already.
  void wakeHead() {
    line.wakeHead();
  }

  /// Wakes the first ones that are still asleep.
  ///
  /// @param count how many at most
  /// @return how many were woken
  int wake(int count) {
    return line.wake(count);
  }

  void wakeAll() {
    line.wakeAll();
  }

  /// {@return the part of a description that tells of the line}
  String text() {
    return line.size() == 0 ? "" : ", waiters:" + line.size();
  }
}
