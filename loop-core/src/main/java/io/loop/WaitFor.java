package io.loop;

import io.loop.base.Throwing;
import io.loop.base.TimedOut;
import io.loop.event.Loop;
import io.loop.scope.Timeout;
import io.loop.task.Awaitable;
import io.loop.task.CancelledError;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Awaits an awaitable with a time limit.
final class WaitFor {

  private WaitFor() {}

  static <T extends @Nullable Object> T waitFor(
      Awaitable<? extends T> awaitable, @Nullable Duration timeout) throws TimeoutException {
    if (timeout == null) {
      return await(awaitable);
    }
    if (timeout.isPositive()) {
      return Timeout.within(timeout, _ -> await(awaitable));
    }
    return orNothing(Tasks.ensureFuture(Loop.running(), awaitable));
  }

  private static <T extends @Nullable Object> T await(Awaitable<? extends T> awaitable) {
    try {
      return awaitable.await();
    } catch (Exception fault) {
      throw Throwing.rethrow(fault);
    }
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
      throw TimedOut.because(cancelled);
    }
  }

  /// Waits through a separate future, so that cancelling the caller ends the wait but does not
  /// cancel the target.
  private static <T extends @Nullable Object> void cancelAndWait(LoopFuture<T> future) {
    var ended = new LoopFuture<@Nullable Void>(future.getLoop());
    DoneCallback<LoopFuture<T>> release =
        _ -> {
          if (!ended.isDone()) {
            ended.setResult(null);
          }
        };
    Tasks.addDoneCallbackFor(future, Task.current(), release);
    try {
      future.cancel();
      ended.await();
    } finally {
      future.removeDoneCallback(release);
    }
  }
}
