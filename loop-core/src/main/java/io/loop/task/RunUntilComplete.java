package io.loop.task;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Runs a loop for as long as one future is pending.
final class RunUntilComplete {

  private RunUntilComplete() {}

  static <T extends @Nullable Object> T run(Loop loop, Coro<? extends T> awaitable) {
    loop.requireRunnable();
    LoopFuture<T> future = Tasks.ensureFuture(loop, awaitable);
    boolean ours = future != awaitable;
    if (ours && future instanceof Task<?> task) {
      task.doNotReportDestruction();
    }
    Consumer<LoopFuture<T>> stop = RunUntilComplete::stopAfter;
    future.addDoneCallback(stop);
    try {
      loop.runForever();
    } catch (Throwable fault) {
      if (ours || fault == future.failure()) {
        future.markRead(); // it is on its way out already
      }
      throw fault;
    } finally {
      future.removeDoneCallback(stop);
    }
    if (!future.isDone()) {
      throw new IllegalStateException("Event loop stopped before Future completed.");
    }
    return future.result();
  }

  private static void stopAfter(LoopFuture<?> done) {
    Throwable fault = done.failure();
    if (!(fault instanceof KeyboardInterrupt) && !(fault instanceof SystemExit)) {
      done.getLoop().stop(); // a fatal error has left the loop already
    }
  }
}
