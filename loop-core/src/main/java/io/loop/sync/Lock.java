package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import org.jspecify.annotations.Nullable;

/// Lets one task at a time through.
///
/// Loop thread and coroutines of one loop only, the first on which somebody has to wait. It has no
/// owner: any task may release it. It is not re-entrant.
///
/// Source: `asyncio.Lock`, Python 3.15.
public final class Lock {

  /*
   * Releasing does not hand the lock over: it wakes the head of the line, and the lock is free until
   * that task runs. Nobody overtakes meanwhile, since a newcomer queues behind any live waiter. A
   * waiter that is cancelled after it was woken passes the wake-up on.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final Waiters waiters = new Waiters(binding);
  private boolean locked;

  /// Makes a free lock.
  public Lock() {}

  /// Takes this lock, waiting for it if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it must wait. Waiters are served in order of
  /// arrival.
  ///
  /// @throws CancelledError if the task was cancelled while it waited; the lock is not taken
  /// @throws IllegalStateException if it must wait, and this lock belongs to another loop
  public void acquire() {
    binding.checkTurn();
    if (locked || waiters.hasLive()) {
      awaitRelease();
    }
    locked = true;
  }

  private void awaitRelease() {
    try {
      waiters.await();
    } catch (CancelledError cancelled) {
      if (!locked) {
        waiters.wakeHead();
      }
      throw cancelled;
    }
  }

  /// Frees this lock, and wakes the first task that waits for it. Never suspends.
  ///
  /// @throws IllegalStateException if it is free already
  public void release() {
    binding.checkTurn();
    if (!locked) {
      throw new IllegalStateException("Lock is not acquired.");
    }
    locked = false;
    waiters.wakeHead();
  }

  /// {@return whether this lock is taken} It is not between a release and the moment the next task
  /// runs.
  public boolean isLocked() {
    binding.checkTurn();
    return locked;
  }

  /// As [#isLocked], for descriptions, which any thread may make.
  boolean isHeld() {
    return locked;
  }

  /// Takes this lock, waiting for it if need be, for a `try` with resources. Coroutine only; as
  /// [#acquire].
  ///
  /// @return what releases it when closed
  public Hold hold() {
    acquire();
    return new Hold(this::release);
  }

  /// Runs a body that holds this lock. Coroutine only.
  ///
  /// Suspends as [#acquire], and where the body does. Throws what the body threw, the very object,
  /// undeclared.
  ///
  /// Source: `async with lock`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public <T extends @Nullable Object> T with(Coro<T> body) {
    acquire();
    try {
      return body.await();
    } finally {
      release();
    }
  }

  /// Runs a body without a result that holds this lock. Coroutine only; as [#with(Coro)].
  ///
  /// @param body what to run
  public void with(Coro.Action body) {
    with(Coro.of(body));
  }

  @Override
  public String toString() {
    return "<Lock [" + (locked ? "locked" : "unlocked") + waiters.text() + "]>";
  }
}
