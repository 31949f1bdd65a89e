package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.WaiterLine;

/// A flag that tasks can wait for.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait.
///
/// Source: `asyncio.Event`, Python 3.15. Its `wait` is named [#await()] here, because [Object] has
/// a method `wait`.
public final class Event {

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine waiters = new WaiterLine();
  private boolean set;

  /// Creates an event that is not set.
  public Event() {}

  /// {@return whether the flag is set}
  public boolean isSet() {
    binding.checkTurn();
    return set;
  }

  /// Sets the flag, and wakes all waiting tasks. Never suspends.
  ///
  /// All of them resume, even if the flag is cleared before they run.
  public void set() {
    binding.checkTurn();
    if (!set) {
      set = true;
      waiters.wakeAll();
    }
  }

  /// Clears the flag, so that [#await()] waits from now on. Never suspends.
  public void clear() {
    binding.checkTurn();
    set = false;
  }

  /// Waits until the flag is set. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if the flag is not set.
  ///
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws IllegalStateException if the call has to wait and this event belongs to another loop
  public void await() {
    binding.checkTurn();
    if (!set) {
      Loop _ = binding.bind();
      waiters.await();
    }
  }

  @Override
  public String toString() {
    return "<Event [" + (set ? "set" : "unset") + waiters.text() + "]>";
  }
}
