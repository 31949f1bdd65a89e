package io.loop;

import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.SequencedSet;
import org.jspecify.annotations.Nullable;

/// A wait for several futures.
///
/// @param <F> the type of the futures
final class Wait<F extends LoopFuture<?>> {

  /*
   * The task awaits a separate future, so that cancelling the task does not cancel the futures it
   * waits for. However the wait ends, the callbacks and the timer are removed. The set of done
   * futures is determined then, and not one tick earlier, when the wait was released.
   */

  private final SequencedSet<F> futures;
  private final ReturnWhen when;
  private final LoopFuture<@Nullable Void> released;
  private final DoneCallback<LoopFuture<?>> futureDone = this::futureDone;
  private @Nullable TimerHandle timer;
  private int left;

  private Wait(Loop loop, SequencedSet<F> futures, ReturnWhen when) {
    this.futures = futures;
    this.when = when;
    this.released = new LoopFuture<>(loop);
    this.left = futures.size();
  }

  static <F extends LoopFuture<?>> WaitResult<F> on(
      Collection<? extends F> futures, @Nullable Duration timeout, ReturnWhen when) {
    var distinct = new LinkedHashSet<F>(futures);
    if (distinct.isEmpty()) {
      throw new IllegalArgumentException("the collection of futures to wait for is empty");
    }
    var wait = new Wait<>(Loop.running(), distinct, when);
    wait.await(timeout);
    return wait.result();
  }

  private void await(@Nullable Duration timeout) {
    if (timeout != null) {
      timer = released.getLoop().callLater(timeout, (OwnCallback) this::release);
    }
    Task<?> waiter = Task.current();
    futures.forEach((LoopFuture<?> future) -> Tasks.addDoneCallbackFor(future, waiter, futureDone));
    try {
      released.await();
    } finally {
      stopTimer();
      futures.forEach(future -> future.removeDoneCallback(futureDone));
    }
  }

  private void futureDone(LoopFuture<?> future) {
    left--;
    if (left <= 0 || when == ReturnWhen.FIRST_COMPLETED || isFailure(future)) {
      stopTimer();
      release();
    }
  }

  private boolean isFailure(LoopFuture<?> future) {
    return when == ReturnWhen.FIRST_EXCEPTION
        && !future.isCancelled()
        && future.exception() != null;
  }

  private void release() {
    if (!released.isDone()) {
      released.setResult(null);
    }
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }

  private WaitResult<F> result() {
    var done = new LinkedHashSet<F>();
    var pending = new LinkedHashSet<F>();
    futures.forEach(future -> (future.isDone() ? done : pending).add(future));
    return new WaitResult<>(done, pending);
  }
}
