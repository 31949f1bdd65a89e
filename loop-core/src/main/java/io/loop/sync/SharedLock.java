package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A mutual exclusion lock for coroutines of any loops and other threads.
///
/// Any thread. A coroutine that has to wait suspends, and resumes on its own loop. A thread that
/// runs no loop blocks. A callback must not wait: it may call [#tryAcquire()] and [#release]. On a
/// single loop a [Lock] is cheaper.
///
/// The lock is fair: the longest waiting thread or coroutine gets it, and newcomers do not
/// overtake. If a waiting call ends because its task was cancelled, its thread was interrupted or
/// its loop was closed, the next waiter gets the lock. A loop that has stopped but is not closed
/// keeps the places of its coroutines, so close loops that you no longer run.
///
/// Its owner is the task whose body acquired it, or the thread. If a callback acquired it, its
/// owner is all callbacks of that loop. Only the owner can release it. It is not reentrant: an
/// owner that acquires it again would wait for itself, and is refused. It may be held over an
/// await, which a lock of the JDK should not be.
///
/// Source: `acquire` and `release` are `asyncio.Lock`'s, Python 3.15, which has no owner. Python's
/// library for this is aiologic.
public final class SharedLock {

  /*
   * One permit. `lock` guards `line` and `owner`; see SharedLine for how long it is held. While the
   * permit is granted to a woken waiter that has not run, there is no owner, and the lock counts as
   * taken.
   */

  private final ReentrantLock lock = new ReentrantLock();
  private final SharedLine line = new SharedLine(lock, 1);
  private @Nullable Object owner;

  /// Creates a lock that is free.
  public SharedLock() {}

  /// Acquires this lock, waiting for it if necessary. Coroutines, and threads that run no loop.
  ///
  /// Suspends or blocks, and is a cancellation point, only if it has to wait.
  ///
  /// @throws CancelledError if the task was cancelled while it waited; the lock is not acquired
  /// @throws InterruptedException if the thread was interrupted while it waited, with the same
  ///   effect; never in a coroutine
  /// @throws IllegalStateException if the caller holds it already, or is a callback
  public void acquire() throws InterruptedException {
    boolean _ = acquire(null);
  }

  /// Acquires this lock, waiting up to a time limit for it; like [#acquire].
  ///
  /// @param limit the time limit; zero or less to try once
  /// @return whether it was acquired
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws InterruptedException if the thread was interrupted while it waited
  /// @throws IllegalStateException if the caller holds it already, or is a callback
  public boolean tryAcquire(Duration limit) throws InterruptedException {
    return acquire(Objects.requireNonNull(limit, "limit"));
  }

  /// Acquires this lock if it is free. Never suspends.
  ///
  /// @return whether this call acquired it; also false if the caller holds it already
  public boolean tryAcquire() {
    return tryAcquireFor(SharedWaiter.caller());
  }

  private boolean tryAcquireFor(Object caller) {
    lock.lock();
    try {
      boolean taken = line.tryTake();
      if (taken) {
        owner = caller;
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private boolean acquire(@Nullable Duration limit) throws InterruptedException {
    SharedWaiter.requireMayWait();
    Object caller = SharedWaiter.caller();
    if (tryAcquireFor(caller)) {
      return true;
    }
    requireOther(caller);
    if (limit != null && !limit.isPositive()) {
      return false;
    }
    SharedWaiter waiter = SharedWaiter.here();
    try {
      if (join(waiter)) {
        waiter.await(limit);
      }
      return acquireAs(waiter, caller);
    } finally {
      line.leave(waiter);
    }
  }

  private void requireOther(Object caller) {
    lock.lock();
    try {
      if (owner == caller) {
        throw new IllegalStateException(
            "the caller holds this lock already, and would wait for itself: " + caller);
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean join(SharedWaiter waiter) {
    lock.lock();
    try {
      return line.join(waiter);
    } finally {
      lock.unlock();
    }
  }

  private boolean acquireAs(SharedWaiter waiter, Object caller) {
    lock.lock();
    try {
      boolean taken = line.use(waiter);
      if (taken) {
        owner = caller;
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /// Releases this lock, or hands it to the longest waiter. Never suspends.
  ///
  /// @throws IllegalStateException if the caller does not hold it
  public void release() {
    Object caller = SharedWaiter.caller();
    SharedWaiter next;
    lock.lock();
    try {
      if (owner != caller) {
        throw new IllegalStateException(
            isTaken() ? "Lock is held by another task or thread." : "Lock is not acquired.");
      }
      owner = null;
      next = line.add();
    } finally {
      lock.unlock();
    }
    line.wake(next);
  }

  /// {@return whether this lock is held, or granted to a woken waiter} Any thread; the answer may
  /// be out of date.
  public boolean isLocked() {
    LoopBinding.takeTurn();
    lock.lock();
    try {
      return isTaken();
    } finally {
      lock.unlock();
    }
  }

  private boolean isTaken() {
    return line.free() == 0;
  }

  /// Acquires this lock for a `try` with resources, waiting for it if necessary; like [#acquire].
  ///
  /// @return what releases it when the owner closes it
  /// @throws InterruptedException if the thread was interrupted while it waited
  public Hold hold() throws InterruptedException {
    acquire();
    return new Hold(this::release);
  }

  /// Runs a body that holds this lock. Coroutines, and threads that run no loop.
  ///
  /// Suspends or blocks like [#acquire], and where the body does. Throws what the body threw: the
  /// same object, undeclared.
  ///
  /// Source: `async with lock`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws InterruptedException if the thread was interrupted while it waited
  public <T extends @Nullable Object> T with(Coro<T> body) throws InterruptedException {
    acquire();
    try {
      return body.await();
    } finally {
      release();
    }
  }

  /// Runs a body without a result that holds this lock; like [#with(Coro)].
  ///
  /// @param body what to run
  /// @throws InterruptedException if the thread was interrupted while it waited
  public void with(Coro.Action body) throws InterruptedException {
    with(Coro.of(body));
  }

  @Override
  public String toString() {
    lock.lock();
    try {
      return "<SharedLock ["
          + (isTaken() ? "locked" : "unlocked")
          + ", waiters:"
          + line.waiting()
          + "]>";
    } finally {
      lock.unlock();
    }
  }
}
