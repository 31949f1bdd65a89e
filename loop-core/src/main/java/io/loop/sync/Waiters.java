package io.loop.sync;

import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// The waiters of a synchronization primitive, in order of arrival.
final class Waiters {

  /*
   * A waiter that was woken stays in the line until its task runs. So the line also shows that a
   * task is about to take what has become free, and newcomers can be prevented from overtaking.
   */

  private final LoopBinding binding;
  private final WaiterLine line = new WaiterLine();

  Waiters(LoopBinding binding) {
    this.binding = binding;
  }

  /// Waits at the end of the line until woken; leaves the line in any case.
  void await() {
    await(binding.newWaiter());
  }

  /// Waits until woken, with an existing waiter.
  void await(LoopFuture<@Nullable Void> waiter) {
    line.await(waiter);
  }

  /// {@return whether the line has a waiter that was not cancelled}
  boolean hasLive() {
    return line.hasLive();
  }

  /// Wakes the first waiter in the line, unless it is already awake.
  void wakeHead() {
    line.wakeHead();
  }

  /// Wakes up to `count` waiters that are still asleep, in order.
  ///
  /// @param count the maximum number of waiters to wake
  /// @return the number of waiters woken
  int wake(int count) {
    return line.wake(count);
  }

  void wakeAll() {
    line.wakeAll();
  }

  /// {@return the part of a description that shows the line}
  String text() {
    return line.size() == 0 ? "" : ", waiters:" + line.size();
  }
}
