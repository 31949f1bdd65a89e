package io.loop.task;

import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Suspends a coroutine for a time: the future that it waits for, and the callback of the timer, in
/// one object.
final class Sleep extends LoopFuture<@Nullable Void> implements OwnCallback {

  private Sleep(Loop loop) {
    super(loop);
  }

  static <T extends @Nullable Object> T sleep(Duration delay, T result) {
    Loop loop = Loop.running();
    TaskStep step = TaskStep.current(loop);
    if (!delay.isPositive()) {
      step.giveWay();
      return result;
    }
    var woken = new Sleep(loop);
    TimerHandle timer = loop.callLater(delay, woken);
    try {
      woken.await();
      return result;
    } finally {
      timer.cancel();
    }
  }

  /// Wakes the coroutine, unless it was cancelled.
  @Override
  public void run() {
    if (!isDone()) {
      setResult(null);
    }
  }
}
