package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/// Permits, and the tasks that wait for one in order of arrival. For the classes that hand such
/// permits out; programs use those.
///
/// A permit is handed over: the task that waits longest gets it, and no newcomer can take it first.
/// A task that is cancelled with its permit on the way gives it back, and the next task gets it.
/// The count may be negative: then permits that are added pay the debt first.
///
/// Loop thread and coroutines of one loop only.
public final class PermitLine {

  /*
   * `granted` has the waiters that were handed a permit and have not run yet. They run in this order,
   * so looking one up finds it at the head; only the unwinding of a closing loop may differ.
   *
   * While permits are free, those in the line are awake, or came after some who were and have not
   * run yet. Whoever leaves the line hands out what is free, so the latter are not forgotten.
   */

  private final LoopBinding binding;
  private final WaiterLine line = new WaiterLine();
  private final Queue<LoopFuture<@Nullable Void>> granted = new ArrayDeque<>();
  private int free;

  /// Makes a line.
  ///
  /// @param binding the binding of the object that it belongs to
  /// @param free how many permits there are
  public PermitLine(LoopBinding binding, int free) {
    this.binding = binding;
    this.free = free;
  }

  /// {@return how many permits a newcomer could take; negative if some are owed}
  public int free() {
    return free;
  }

  /// {@return how many tasks wait, those included that were woken and have not run}
  public int waiting() {
    return line.size();
  }

  /// Takes a permit if there is one and no task waits. Never suspends.
  ///
  /// @return whether it took one
  public boolean tryTake() {
    if (free <= 0 || line.hasLive()) {
      return false;
    }
    free--;
    return true;
  }

  /// {@return a future for [#take]}
  ///
  /// @throws IllegalStateException if no loop is running here, or the binding's is another one
  public LoopFuture<@Nullable Void> newWaiter() {
    return binding.newWaiter();
  }

  /// Waits at the end of the line for a permit. Coroutine only; suspends, and is a cancellation
  /// point.
  ///
  /// @param waiter what [#newWaiter] returned; one who settles it ends the wait
  /// @return whether the caller has a permit now; false if it was woken without one
  /// @throws CancelledError if the task was cancelled while it waited; it has no permit
  public boolean take(LoopFuture<@Nullable Void> waiter) {
    boolean taken = false;
    try {
      line.await(waiter);
      taken = granted.remove(waiter);
      return taken;
    } finally {
      boolean givesBack = !taken && granted.remove(waiter);
      add(givesBack ? 1 : 0); // for those who came while permits were free, but not for them
    }
  }

  /// Adds permits, and hands them to those who wait. Never suspends.
  ///
  /// @param count how many; negative to take some away, also such as are not there
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

  /// Wakes all who have no permit. Never suspends.
  public void wakeAll() {
    line.wakeAll();
  }
}
