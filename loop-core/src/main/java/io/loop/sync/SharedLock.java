package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Lets one at a time through: coroutines of any loops, and other threads.
///
/// Any thread. A coroutine that has to wait suspends, and goes on on its own loop; a thread that is
/// no loop's blocks. A callback must not wait: it may call [#tryAcquire()] and [#release]. On one
/// loop a [Lock] is cheaper.
///
/// The lock is handed over: whoever waits longest gets it, whatever it is, and no newcomer comes
/// first. One who gives up, because its task was cancelled, its thread interrupted or its loop
/// closed, passes it on. A loop that has stopped and is not closed keeps the places of its
/// coroutines, so close it.
///
/// It belongs to the task whose body took it, to the thread, or, if a callback took it, to the
/// callbacks of that loop. Nobody else can release it. It is not re-entrant: an owner that acquires
/// it again would wait for itself, and is refused. It may be held over an await, which a lock of
/// the JDK should not be.
///
/// Source: `acquire` and `release` are `asyncio.Lock`'s, Python 3.15, which has no owner. Python's
/// library for this is aiologic.
public final class SharedLock {

  /*
   * One permit. `line` and `owner` are guarded by `lock`; see SharedLine for how long it is held.
   * While the permit is on its way to somebody who was woken there is no owner, and the lock counts
   * as taken.
   */

  private final ReentrantLock lock = new ReentrantLock();
  private final SharedLine line = new SharedLine(lock, 1);
  private @Nullable Object owner;

  /// Makes a free lock.
  public SharedLock() {}

  /// Takes this lock, waiting for it if need be. Coroutines, and threads that are no loop's.
  ///
  /// Suspends or blocks, and is a cancellation point, only if it must wait.
  ///
  /// @throws CancelledError if the task was cancelled while it waited; the lock is not taken
  /// @throws InterruptedException if the thread was interrupted while it waited, likewise; never in
  ///   a coroutine
  /// @throws IllegalStateException if the caller has it already, or is a callback
  public void acquire() throws InterruptedException {
    boolean _ = acquire(null);
  }

  /// Takes this lock, waiting for it if need be, but not for longer than some time; as [#acquire].
  ///
  /// @param limit how long to wait; zero or less to try once
  /// @return whether it is taken
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws InterruptedException if the thread was interrupted while it waited
  /// @throws IllegalStateException if the caller has it already, or is a callback
  public boolean tryAcquire(Duration limit) throws InterruptedException {
    return acquire(Objects.requireNonNull(limit, "limit"));
  }

  /// Takes this lock if it is free. Never suspends.
  ///
  /// @return whether it is taken by this call; false also if the caller has it already
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
            "the caller has this lock already, and would wait for itself: " + caller);
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

  /// Frees this lock, or hands it to whoever waits longest. Never suspends.
  ///
  /// @throws IllegalStateException if the caller does not have it
  public void release() {
    Object caller = SharedWaiter.caller();
    SharedWaiter next;
    lock.lock();
    try {
      if (owner != caller) {
        throw new IllegalStateException(
            isTaken() ? "Lock is acquired by somebody else." : "Lock is not acquired.");
      }
      owner = null;
      next = line.add();
    } finally {
      lock.unlock();
    }
    line.wake(next);
  }

  /// {@return whether this lock is taken, or on its way to somebody who waited} Any thread; the
  /// answer may be old.
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

  /// Takes this lock, waiting for it if need be, for a `try` with resources; as [#acquire].
  ///
  /// @return what releases it when closed, by whom it belongs to
  /// @throws InterruptedException if the thread was interrupted while it waited
  public Hold hold() throws InterruptedException {
    acquire();
    return new Hold(this::release);
  }

  /// Runs a body that holds this lock. Coroutines, and threads that are no loop's.
  ///
  /// Suspends or blocks as [#acquire], and where the body does. Throws what the body threw, the
  /// very object, undeclared.
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

  /// Runs a body without a result that holds this lock; as [#with(Coro)].
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
