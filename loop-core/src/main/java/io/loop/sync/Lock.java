package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// A mutual exclusion lock for tasks.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait. A lock
/// has no owner: any task may release it. It is not reentrant.
///
/// Source: `asyncio.Lock`, Python 3.15.
public final class Lock {

  /*
   * Releasing does not hand over the lock: it wakes the first waiter, and the lock is free until
   * that task runs. No task overtakes it meanwhile, because a newcomer queues behind any live
   * waiter. A waiter that is cancelled after it was woken passes on the wake-up.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine waiters = new WaiterLine();
  private boolean locked;

  /// Creates a lock that is not held.
  public Lock() {}

  /// Acquires this lock, waiting for it if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it has to wait. Waiting tasks are served in
  /// order of arrival.
  ///
  /// @throws CancelledError if the task was cancelled while it waited; it does not hold the lock
  /// @throws IllegalStateException if the call has to wait and this lock belongs to another loop
  public void acquire() {
    binding.checkTurn();
    if (locked || waiters.hasLive()) {
      awaitRelease();
    }
    locked = true;
  }

  private void awaitRelease() {
    Loop _ = binding.bind();
    try {
      waiters.await();
    } catch (CancelledError cancelled) {
      if (!locked) {
        waiters.wakeHead();
      }
      throw cancelled;
    }
  }

  /// Releases this lock, and wakes the first waiting task. Never suspends.
  ///
  /// @throws IllegalStateException if this lock is not held
  public void release() {
    binding.checkTurn();
    if (!locked) {
      throw new IllegalStateException("Lock is not acquired.");
    }
    locked = false;
    waiters.wakeHead();
  }

  /// {@return whether this lock is held} Between a release and the moment when the next task runs,
  /// it is not.
  public boolean isLocked() {
    binding.checkTurn();
    return locked;
  }

  /// Like [#isLocked], for descriptions; any thread.
  boolean isHeld() {
    return locked;
  }

  /// Acquires this lock, waiting for it if necessary, for use in a try-with-resources statement.
  /// Coroutine only; like [#acquire].
  ///
  /// @return an object that releases this lock when closed
  public Hold hold() {
    acquire();
    return new Hold(this::release);
  }

  /// Runs a body while holding this lock. Coroutine only.
  ///
  /// Suspends like [#acquire], and where the body does. Throws whatever the body threw: the same
  /// object, undeclared.
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

  /// Runs a body without a result while holding this lock. Coroutine only; like [#with(Coro)].
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
