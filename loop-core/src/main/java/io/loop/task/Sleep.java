package io.loop.task;

import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Suspends a coroutine for a time.
final class Sleep {

  private Sleep() {}

  static <T extends @Nullable Object> T sleep(Duration delay, T result) {
    Loop loop = Loop.running();
    TaskStep step = TaskStep.current(loop);
    if (!delay.isPositive()) {
      step.giveWay();
      return result;
    }
    var woken = new LoopFuture<T>(loop);
    TimerHandle timer = loop.callLater(delay, (OwnCallback) () -> wake(woken, result));
    try {
      return woken.await();
    } finally {
      timer.cancel();
    }
  }

  private static <T extends @Nullable Object> void wake(LoopFuture<T> sleeper, T result) {
    if (!sleeper.isDone()) {
      sleeper.setResult(result);
    }
  }
}
