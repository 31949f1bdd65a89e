package io.loop.task;

import io.loop.coroutine.BareThreads;
import java.util.function.Function;

/// Virtual threads that run laps on a scheduler of our own.
final class BareLaps {
  private final BareThreads scheduler = new BareThreads();
  private final int threads;
  private int onTheWay;
  private boolean closed;

  /// @param step makes what a thread does as its step; called on each thread
  BareLaps(int threads, int steps, Function<BareThreads, Runnable> step) {
    this.threads = threads;
    for (int i = 0; i < threads; i++) {
      scheduler.start(() -> runLaps(steps / threads, step.apply(scheduler)));
    }
  }

  private void runLaps(int steps, Runnable step) {
    while (!closed) {
      for (int i = 0; i < steps; i++) {
        step.run();
      }
      if (--onTheWay == 0) {
        scheduler.stop();
      }
    }
  }

  static void warmUp(Function<BareThreads, Runnable> step) {
    for (int i = 0; i < Laps.WARM_ROUNDS; i++) {
      var laps = new BareLaps(Laps.WARM_TASKS, Laps.WARM_STEPS, step);
      for (int lap = 0; lap < Laps.WARM_LAPS; lap++) {
        laps.run();
      }
      laps.close();
    }
  }

  void run() {
    onTheWay = threads;
    scheduler.run();
  }

  void close() {
    closed = true;
    run();
  }
}
