package io.loop.task;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Runs a loop until a future is done.
final class RunUntilComplete {

  private final LoopFuture<?> future;
  private final boolean isEnd;

  private RunUntilComplete(LoopFuture<?> future, boolean isEnd) {
    this.future = future;
    this.isEnd = isEnd;
  }

  /// @param isEnd whether this run is a part of shutting down, so that [#cancel] leaves it alone
  static <T extends @Nullable Object> T run(
      Loop loop, Awaitable<? extends T> awaitable, boolean isEnd) {
    loop.requireRunnable();
    LoopFuture<T> future = Tasks.ensureFuture(loop, awaitable);
    boolean ours = future != awaitable;
    if (ours && future instanceof Task<?> task) {
      task.step().doNotReportDestruction();
    }
    DoneCallback<LoopFuture<T>> stop = RunUntilComplete::stopAfter;
    future.addDoneCallback(stop);
    LoopTasks tasks = LoopTasks.of(loop);
    tasks.setRun(new RunUntilComplete(future, isEnd));
    try {
      loop.runForever();
    } catch (Throwable fault) {
      if (ours || fault == future.failure()) {
        future.markRead(); // it is already being thrown
      }
      throw fault;
    } finally {
      tasks.setRun(null);
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
      done.getLoop().stop(); // a fatal error has already been thrown by the loop
    }
  }

  /// Implements [Tasks#cancelRun].
  static void cancel(Loop loop) {
    loop.checkTurn();
    RunUntilComplete run = LoopTasks.of(loop).run();
    if (run == null) {
      cancelAll(loop);
    } else if (!run.isEnd) {
      boolean _ = run.future.cancel();
    }
  }

  private static void cancelAll(Loop loop) {
    List<Task<?>> left = Task.all(loop);
    if (left.isEmpty()) {
      loop.stop();
      return;
    }
    int[] pending = {left.size()};
    for (Task<?> task : left) {
      boolean _ = task.cancel();
      task.addDoneCallback(_ -> {
        if (--pending[0] == 0) {
          loop.stop();
        }
      });
    }
  }
}
