package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Permits, and the tasks that wait for one, in order of arrival. A building block for
/// synchronization primitives, which programs use instead.
///
/// Permits are handed over: the task that has waited longest gets the permit, and no newcomer can
/// take it first. If a task is cancelled after it was handed a permit, the permit goes to the next
/// task. The count may be negative; added permits then reduce the debt first.
///
/// Loop thread and coroutines of one loop only.
public final class PermitLine {

  /*
   * `granted` contains the waiters that were handed a permit and have not run yet. They run in this
   * order, so a look-up finds its waiter at the head; only the unwinding of a closing loop may
   * differ.
   *
   * While permits are free, each waiter in the line is awake, or arrived behind an awake one that
   * has not run yet. A waiter that leaves the line hands out the free permits, so the latter are
   * not forgotten.
   */

  private final LoopBinding binding;
  private final WaiterLine line = new WaiterLine();
  private final Queue<LoopFuture<@Nullable Void>> granted = new ArrayDeque<>();
  private int free;

  /// Creates a line.
  ///
  /// @param binding the binding of the object that the line belongs to
  /// @param free the initial number of permits
  public PermitLine(LoopBinding binding, int free) {
    this.binding = binding;
    this.free = free;
  }

  /// {@return the number of free permits; negative if there is a debt}
  public int free() {
    return free;
  }

  /// {@return the number of waiting tasks, including those that were woken and have not run yet}
  public int waiting() {
    return line.size();
  }

  /// Takes a permit if one is free and no task waits. Never suspends.
  ///
  /// @return whether a permit was taken
  public boolean tryTake() {
    if (free <= 0 || line.hasLive()) {
      return false;
    }
    free--;
    return true;
  }

  /// {@return a future for [#take]}
  ///
  /// @throws IllegalStateException if no loop is running on this thread, or the binding belongs to
  ///   another loop
  public LoopFuture<@Nullable Void> newWaiter() {
    return binding.newWaiter();
  }

  /// Waits at the end of the line for a permit. Coroutine only; suspends, and is a cancellation
  /// point.
  ///
  /// @param waiter the result of [#newWaiter]; settling it ends the wait
  /// @return true if the caller has a permit; false if it was woken without one
  /// @throws CancelledError if the task was cancelled while it waited; it has no permit
  public boolean take(LoopFuture<@Nullable Void> waiter) {
    boolean taken = false;
    try {
      line.await(waiter);
      taken = granted.remove(waiter);
      return taken;
    } finally {
      boolean givesBack = !taken && granted.remove(waiter);
      add(givesBack ? 1 : 0); // also wakes tasks that arrived while permits were free but reserved
    }
  }

  /// Adds permits, and hands them to waiting tasks. Never suspends.
  ///
  /// @param count the number of permits; negative to remove permits, which may leave a debt
  public void add(int count) {
    free += count;
    while (free > 0) {
      LoopFuture<@Nullable Void> next = line.wakeNext();
      if (next == null) {
        return;
      }
      free--;
      granted.add(next);
    }
  }

  /// Wakes all waiting tasks without a permit. Never suspends.
  public void wakeAll() {
    line.wakeAll();
  }
}
