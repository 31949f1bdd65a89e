package io.loop.sync;

import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A waiter in a [SharedLine]: a coroutine of any loop, or a thread that runs no loop.
abstract sealed class SharedWaiter {

  /*
   *   NEW --join--> WAITING --add------> GRANTED --use----> LEFT    final: it has the permit
   *    |               |                    |
   *    |               |                    +-----leave---> LEFT    final: the permit went on
   *    |               +--releaseAll, leave---------------> LEFT    final: it has none
   *    +--join, and a permit is free-----> GRANTED
   *
   * `state` belongs to the line, and its lock guards it. A woken waiter checks its state.
   */

  enum State {
    NEW,
    WAITING,
    GRANTED,
    LEFT
  }

  State state = State.NEW;

  /// {@return a waiter for the caller}
  ///
  /// @throws IllegalStateException if the caller is a callback
  static SharedWaiter here() {
    requireMayWait();
    Loop loop = Loop.runningOrNull();
    return loop == null ? new OfThread() : new OfCoroutine(loop);
  }

  /// Waits for the caller's turn if it is a coroutine that has continued on its own after a
  /// blocking call.
  ///
  /// @throws IllegalStateException if the caller is a callback
  static void requireMayWait() {
    if (Loop.runningOrNull() != null && Task.here() == null) {
      throw new IllegalStateException(
          "a callback must not wait: use offer, poll or tryAcquire without a time limit, or start a"
              + " coroutine with createTask");
    }
  }

  /// {@return the owner of a lock that the caller acquires: the task whose body is the caller, the
  /// loop whose callback is the caller, or the thread}
  static Object caller() {
    Loop loop = Loop.runningOrNull();
    Task<?> task = Task.here();
    return task != null ? task : loop != null ? loop : Thread.currentThread();
  }

  /// Waits until woken or until the limit has passed. A coroutine suspends; a thread blocks.
  ///
  /// @param limit the time limit; null for none
  /// @throws InterruptedException if the thread was interrupted; never in a coroutine
  abstract void await(@Nullable Duration limit) throws InterruptedException;

  /// Wakes this waiter. Any thread; not under the line's lock.
  ///
  /// @return false if its loop is closed, so that it will not run again
  abstract boolean wake();

  private static final class OfThread extends SharedWaiter {
    private final CountDownLatch woken = new CountDownLatch(1);

    @Override
    void await(@Nullable Duration limit) throws InterruptedException {
      if (limit == null) {
        woken.await();
      } else {
        boolean _ = woken.await(TimeUnit.NANOSECONDS.convert(limit), TimeUnit.NANOSECONDS);
      }
    }

    @Override
    boolean wake() {
      woken.countDown();
      return true;
    }
  }

  private static final class OfCoroutine extends SharedWaiter implements OwnCallback {
    private final Loop loop;
    private final LoopFuture<@Nullable Void> woken;

    OfCoroutine(Loop loop) {
      this.loop = loop;
      this.woken = new LoopFuture<>(loop);
    }

    @Override
    void await(@Nullable Duration limit) {
      if (limit == null) {
        woken.await();
        return;
      }
      TimerHandle timer = loop.callLater(limit, this);
      try {
        woken.await();
      } finally {
        timer.cancel();
      }
    }

    @Override
    boolean wake() {
      try {
        if (loop.isOnLoop()) {
          run(); // it resumes in the next tick, as on a Queue, not in the one after that
        } else {
          loop.callSoonThreadsafe(this);
        }
        return true;
      } catch (IllegalStateException closed) {
        return false;
      }
    }

    @Override
    public void run() {
      if (!woken.isDone()) { // cancelled, or the limit has passed
        woken.setResult(null);
      }
    }
  }
}
