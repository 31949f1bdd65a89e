package io.loop.task;

import io.loop.event.Loop;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Awaits an awaitable with a time limit.
final class WaitFor {

  private WaitFor() {}

  static <T extends @Nullable Object> T waitFor(
      Awaitable<? extends T> awaitable, @Nullable Duration timeout) throws TimeoutException {
    if (timeout == null) {
      return Awaiting.await(awaitable);
    }
    if (timeout.isPositive()) {
      return Timeout.within(timeout, _ -> Awaiting.await(awaitable));
    }
    return orNothing(Tasks.ensureFuture(Loop.running(), awaitable));
  }

  /// Returns the result if the future is done. Otherwise cancels the future and waits until it is
  /// done.
  private static <T extends @Nullable Object> T orNothing(LoopFuture<T> future)
      throws TimeoutException {
    if (future.isDone()) {
      return future.result();
    }
    cancelAndWait(future);
    try {
      return future.result();
    } catch (CancelledError cancelled) {
      throw Timeout.timedOut(cancelled);
    }
  }

  /// Waits through a separate future, so that cancelling the caller ends the wait but does not
  /// cancel the target.
  private static <T extends @Nullable Object> void cancelAndWait(LoopFuture<T> future) {
    var ended = new LoopFuture<@Nullable Void>(future.loop);
    DoneCallback<LoopFuture<T>> release =
        _ -> {
          if (!ended.isDone()) {
            ended.setResult(null);
          }
        };
    future.addDoneCallbackFor(LoopTasks.of(future.loop).current(), release);
    try {
      future.cancel();
      ended.await();
    } finally {
      future.removeDoneCallback(release);
    }
  }
}
