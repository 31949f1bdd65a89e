package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import org.jspecify.annotations.Nullable;

/// Lets a number of tasks at a time through.
///
/// Loop thread and coroutines of one loop only, the first on which somebody has to wait. Any task
/// may release it, also one that never acquired it.
///
/// Source: `asyncio.Semaphore`, Python 3.15.
public sealed class Semaphore permits BoundedSemaphore {

  /*
   * A permit is handed over: release takes it for the waiter it wakes, so nobody can be quicker. A
   * waiter that is cancelled with its permit in hand gives it back, and it goes to the next.
   *
   * Those who arrive while somebody waits queue up even if there are permits; whoever gets through
   * wakes as many of them as there are permits for.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final Waiters waiters = new Waiters(binding);
  private int value;

  /// Makes a semaphore with one permit.
  public Semaphore() {
    this(1);
  }

  /// Makes a semaphore.
  ///
  /// @param value how many permits it has
  /// @throws IllegalArgumentException if that is negative
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

  /// Takes a permit, waiting for it if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it must wait. Waiters are served in order of
  /// arrival.
  ///
  /// @throws CancelledError if the task was cancelled while it waited; no permit is taken
  /// @throws IllegalStateException if it must wait, and this semaphore belongs to another loop
  public final void acquire() {
    if (!isLocked()) {
      value--;
      return;
    }
    LoopFuture<@Nullable Void> waiter = binding.newWaiter();
    try {
      waiters.await(waiter);
    } catch (CancelledError cancelled) {
      if (waiter.isDone() && !waiter.isCancelled()) {
        value++; // the permit had been handed over
      }
      throw cancelled;
    } finally {
      value -= waiters.wake(value);
    }
  }

  /// Gives a permit back, and hands it to the first task that waits. Never suspends.
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

  /// Takes a permit, waiting for it if need be, for a `try` with resources. Coroutine only; as
  /// [#acquire].
  ///
  /// @return what gives it back when closed
  public final Hold hold() {
    acquire();
    return new Hold(this::release);
  }

  /// Runs a body that holds a permit. Coroutine only.
  ///
  /// Suspends as [#acquire], and where the body does. Throws what the body threw, the very object,
  /// undeclared.
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

  /// Runs a body without a result that holds a permit. Coroutine only; as [#with(Coro)].
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
