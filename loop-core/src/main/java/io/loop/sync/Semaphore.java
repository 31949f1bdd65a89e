package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// A counting semaphore: limits the number of tasks that hold a permit at a time.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait. Any
/// task may release a permit, even one that never acquired it.
///
/// Source: `asyncio.Semaphore`, Python 3.15.
public sealed class Semaphore permits BoundedSemaphore {

  /*
   * Permits are handed over: release takes the permit for the waiter it wakes, so no other task can
   * take it first. If a waiter is cancelled after it was handed a permit, the permit goes to the
   * next waiter.
   *
   * Tasks that arrive while another one waits queue up even if permits are free. A task that
   * acquires a permit wakes as many of them as there are free permits.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine waiters = new WaiterLine();
  private int value;

  /// Creates a semaphore with one permit.
  public Semaphore() {
    this(1);
  }

  /// Creates a semaphore.
  ///
  /// @param value the initial number of permits
  /// @throws IllegalArgumentException if `value` is negative
  public Semaphore(int value) {
    if (value < 0) {
      throw new IllegalArgumentException("Semaphore initial value must be >= 0, not " + value);
    }
    this.value = value;
  }

  final void checkTurn() {
    binding.checkTurn();
  }

  final int value() {
    return value;
  }

  /// Acquires a permit, waiting for it if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it has to wait. Waiting tasks are served in
  /// order of arrival.
  ///
  /// @throws CancelledError if the task was cancelled while it waited; no permit is taken
  /// @throws IllegalStateException if the call has to wait and this semaphore belongs to another
  ///   loop
  public final void acquire() {
    if (!isLocked()) {
      value--;
      return;
    }
    Loop _ = binding.bind();
    try {
      waiters.await(() -> value++); // the permit had been handed over
    } finally {
      value -= waiters.wake(value);
    }
  }

  /// Releases a permit, and hands it to the first waiting task. Never suspends.
  public void release() {
    binding.checkTurn();
    value++;
    value -= waiters.wake(1);
  }

  /// {@return whether [#acquire] would have to wait}
  public final boolean isLocked() {
    binding.checkTurn();
    return mustWait();
  }

  private boolean mustWait() {
    return value == 0 || waiters.hasLive();
  }

  /// Acquires a permit, waiting for it if necessary, for use in a try-with-resources statement.
  /// Coroutine only; like [#acquire].
  ///
  /// @return an object that releases the permit when closed
  public final Hold hold() {
    acquire();
    return new Hold(this::release);
  }

  /// Runs a body while holding a permit. Coroutine only.
  ///
  /// Suspends like [#acquire], and where the body does. Throws whatever the body threw: the same
  /// object, undeclared.
  ///
  /// Source: `async with semaphore`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public final <T extends @Nullable Object> T with(Coro<T> body) {
    acquire();
    try {
      return body.await();
    } finally {
      release();
    }
  }

  /// Runs a body without a result while holding a permit. Coroutine only; like [#with(Coro)].
  ///
  /// @param body what to run
  public final void with(Coro.Action body) {
    with(Coro.of(body));
  }

  @Override
  public String toString() {
    return "<"
        + getClass().getSimpleName()
        + " ["
        + (mustWait() ? "locked" : "unlocked, value:" + value)
        + waiters.text()
        + "]>";
  }
}
