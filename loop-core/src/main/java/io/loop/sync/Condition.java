package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Lets tasks that hold a lock wait until another one tells them that something has changed.
///
/// Loop thread and coroutines of one loop only, the first on which somebody waits. Several
/// conditions may share a lock.
///
/// Source: `asyncio.Condition`, Python 3.15. `wait` is [#await()], `notify` is [#signal()] and
/// `notify_all` is [#signalAll] here: the names are taken by [Object], whose methods of these names
/// are for threads.
public final class Condition {

  /*
   * A signalled waiter leaves the line here and joins that of the lock, in the order of the signals.
   * It takes the lock again whatever happens, however often it is cancelled meanwhile.
   *
   * A waiter that fails may have consumed a signal, and signals another one in its place. So a
   * waiter may be woken for nothing, and has to look again; waitFor does.
   */

  private final Lock lock;
  private final LoopBinding binding = new LoopBinding(this);
  private final Waiters waiters = new Waiters(binding);

  /// Makes a condition on a lock of its own.
  public Condition() {
    this(new Lock());
  }

  /// Makes a condition on a lock.
  ///
  /// @param lock the lock, which other conditions may use too
  public Condition(Lock lock) {
    this.lock = lock;
  }

  /// Takes the lock, waiting for it if need be. Coroutine only; as [Lock#acquire].
  public void acquire() {
    lock.acquire();
  }

  /// Frees the lock. Never suspends.
  ///
  /// @throws IllegalStateException if it is free already
  public void release() {
    lock.release();
  }

  /// {@return whether the lock is taken}
  public boolean isLocked() {
    return lock.isLocked();
  }

  /// Takes the lock, waiting for it if need be, for a `try` with resources. Coroutine only.
  ///
  /// @return what releases it when closed
  public Hold hold() {
    return lock.hold();
  }

  /// Runs a body that holds the lock. Coroutine only; as [Lock#with(Coro)].
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public <T extends @Nullable Object> T with(Coro<T> body) {
    return lock.with(body);
  }

  /// Runs a body without a result that holds the lock. Coroutine only; as [Lock#with(Coro)].
  ///
  /// @param body what to run
  public void with(Coro.Action body) {
    lock.with(body);
  }

  /// Frees the lock, waits to be signalled, and takes the lock again. Coroutine only.
  ///
  /// Always suspends, and is a cancellation point. May return without a signal: check what was
  /// waited for, or use [#waitFor].
  ///
  /// @throws CancelledError if the task was cancelled; the lock has been taken again all the same
  /// @throws IllegalStateException if the lock is free, or this belongs to another loop
  public void await() {
    requireLocked("wait");
    LoopFuture<@Nullable Void> waiter = binding.newWaiter();
    lock.release();
    try {
      try {
        waiters.await(waiter);
      } finally {
        reacquire();
      }
    } catch (Throwable fault) {
      waiters.wake(1);
      throw fault;
    }
  }

  /// Takes the lock; a cancellation waits until it is taken, and the last one is thrown then.
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

  /// Waits until something is true. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it is not true at once; then the lock must be
  /// taken.
  ///
  /// Source: `Condition.wait_for`.
  ///
  /// @param predicate what to wait for; asked at once, and again after each signal
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws IllegalStateException if it must wait, and the lock is free
  public void waitFor(BooleanSupplier predicate) {
    binding.checkTurn();
    while (!predicate.getAsBoolean()) {
      await();
    }
  }

  /// Wakes one task that waits. Never suspends, and does not free the lock.
  ///
  /// @throws IllegalStateException if the lock is free
  public void signal() {
    signal(1);
  }

  /// Wakes some tasks that wait, in order of arrival. Never suspends, and does not free the lock.
  ///
  /// @param count how many at most
  /// @throws IllegalStateException if the lock is free
  public void signal(int count) {
    requireLocked("notify");
    waiters.wake(count);
  }

  /// Wakes all tasks that wait. Never suspends, and does not free the lock.
  ///
  /// @throws IllegalStateException if the lock is free
  public void signalAll() {
    requireLocked("notify");
    waiters.wakeAll();
  }

  /// As that of the classes beside it, for one that is made of a condition.
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
