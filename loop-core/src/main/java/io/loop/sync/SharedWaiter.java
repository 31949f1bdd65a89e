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

/// Somebody who waits in a [SharedLine]: a coroutine of any loop, or a thread that is no loop's.
abstract sealed class SharedWaiter {

  /*
   *   NEW --join--> WAITING --add------> GRANTED --use----> LEFT    final: it has the permit
   *    |               |                    |
   *    |               |                    +-----leave---> LEFT    final: the permit went on
   *    |               +--releaseAll, leave---------------> LEFT    final: it has none
   *    +--join, and a permit is free-----> GRANTED
   *
   * `state` is the line's, and its lock guards it. Waking somebody only makes it look.
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

  /// Waits for the caller's turn, if it is a coroutine that went on by itself after a blocking
  /// call.
  ///
  /// @throws IllegalStateException if the caller is a callback
  static void requireMayWait() {
    if (Loop.runningOrNull() != null && Task.here() == null) {
      throw new IllegalStateException(
          "a callback must not wait: try without waiting, with offer, poll or tryAcquire, or start"
              + " a coroutine with createTask");
    }
  }

  /// {@return whom a lock belongs to that the caller takes: the task whose body calls, the loop
  /// whose callback calls, or the thread}
  static Object caller() {
    Loop loop = Loop.runningOrNull();
    Task<?> task = Task.here();
    return task != null ? task : loop != null ? loop : Thread.currentThread();
  }

  /// Waits until woken or until the time is up. A coroutine suspends; a thread blocks.
  ///
  /// @param limit how long at most; null for no limit
  /// @throws InterruptedException if the thread was interrupted; never in a coroutine
  abstract void await(@Nullable Duration limit) throws InterruptedException;

  /// Wakes it; any thread, and not under the line's lock.
  ///
  /// @return false if its loop is closed, and it will not run any more
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
          run(); // in the next tick then, as on a Queue, and not in the one after it
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
      if (!woken.isDone()) { // cancelled, or the time was up
        woken.setResult(null);
      }
    }
  }
}
