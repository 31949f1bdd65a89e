package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.WaiterLine;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Lets tasks that hold a lock wait until another task signals that something has changed.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task waits. Several
/// conditions may share a lock.
///
/// Source: `asyncio.Condition`, Python 3.15. Here `wait` is named [#await()], `notify` is
/// [#signal()] and `notify_all` is [#signalAll], because [Object] has methods with the original
/// names.
public final class Condition {

  /*
   * A signalled waiter leaves this line and joins the lock's line, in the order of the signals. It
   * always reacquires the lock, even if it is cancelled repeatedly meanwhile.
   *
   * A waiter that fails may have consumed a signal, so it signals another waiter. Therefore a
   * waiter may be woken spuriously, and has to check again; waitFor does.
   */

  private final Lock lock;
  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine waiters = new WaiterLine();

  /// Creates a condition with a new lock.
  public Condition() {
    this(new Lock());
  }

  /// Creates a condition with a given lock.
  ///
  /// @param lock the lock, which other conditions may also use
  public Condition(Lock lock) {
    this.lock = lock;
  }

  /// Acquires the lock, waiting for it if necessary. Coroutine only; like [Lock#acquire].
  public void acquire() {
    lock.acquire();
  }

  /// Releases the lock. Never suspends.
  ///
  /// @throws IllegalStateException if the lock is not held
  public void release() {
    lock.release();
  }

  /// {@return whether the lock is held}
  public boolean isLocked() {
    return lock.isLocked();
  }

  /// Acquires the lock, waiting for it if necessary, for use in a try-with-resources statement.
  /// Coroutine only.
  ///
  /// @return an object that releases the lock when closed
  public Hold hold() {
    return lock.hold();
  }

  /// Runs a body while holding the lock. Coroutine only; like [Lock#with(Coro)].
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public <T extends @Nullable Object> T with(Coro<T> body) {
    return lock.with(body);
  }

  /// Runs a body without a result while holding the lock. Coroutine only; like [Lock#with(Coro)].
  ///
  /// @param body what to run
  public void with(Coro.Action body) {
    lock.with(body);
  }

  /// Releases the lock, waits for a signal, and reacquires the lock. Coroutine only.
  ///
  /// Always suspends, and is a cancellation point. May return without a signal: check the condition
  /// again, or use [#waitFor].
  ///
  /// @throws CancelledError if the task was cancelled; the lock has been reacquired nonetheless
  /// @throws IllegalStateException if the lock is not held, or this condition belongs to another
  ///   loop
  public void await() {
    requireLocked("wait");
    Loop _ = binding.bind();
    lock.release();
    try {
      try {
        waiters.await();
      } finally {
        reacquire();
      }
    } catch (Throwable fault) {
      waiters.wake(1);
      throw fault;
    }
  }

  /// Acquires the lock. Cancellations are held back until then; the last one is rethrown.
  private void reacquire() {
    CancelledError last = null;
    while (true) {
      try {
        lock.acquire();
        break;
      } catch (CancelledError cancelled) {
        last = cancelled;
      }
    }
    if (last != null) {
      throw last;
    }
  }

  /// Waits until a predicate is true. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if the predicate is initially false; then the lock
  /// must be held.
  ///
  /// Source: `Condition.wait_for`.
  ///
  /// @param predicate the predicate; evaluated immediately, and after each signal
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws IllegalStateException if the call has to wait and the lock is not held
  public void waitFor(BooleanSupplier predicate) {
    binding.checkTurn();
    while (!predicate.getAsBoolean()) {
      await();
    }
    binding.checkTurn(); // the predicate may have blocked
  }

  /// Wakes one waiting task. Never suspends, and does not release the lock.
  ///
  /// @throws IllegalStateException if the lock is not held
  public void signal() {
    signal(1);
  }

  /// Wakes up to `count` waiting tasks, in order of arrival. Never suspends, and does not release
  /// the lock.
  ///
  /// @param count the maximum number of tasks to wake
  /// @throws IllegalStateException if the lock is not held
  public void signal(int count) {
    requireLocked("notify");
    waiters.wake(count);
  }

  /// Wakes all waiting tasks. Never suspends, and does not release the lock.
  ///
  /// @throws IllegalStateException if the lock is not held
  public void signalAll() {
    requireLocked("notify");
    waiters.wakeAll();
  }

  /// Calls [LoopBinding#checkTurn], for classes that are built on a condition.
  void checkTurn() {
    binding.checkTurn();
  }

  private void requireLocked(String purpose) {
    binding.checkTurn();
    if (!lock.isHeld()) {
      throw new IllegalStateException("cannot " + purpose + " on un-acquired lock");
    }
  }

  @Override
  public String toString() {
    return "<Condition [" + (lock.isHeld() ? "locked" : "unlocked") + waiters.text() + "]>";
  }
}
