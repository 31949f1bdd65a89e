package io.loop.task;

import io.loop.event.Loop;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Tasks that run laps on a loop of ours.
final class Laps {
  static final int WARM_ROUNDS = 20;
  static final int WARM_LAPS = 3;
  static final int WARM_TASKS = 1_000;
  static final int WARM_STEPS = WARM_TASKS * 20;

  /// One object for warming up and measuring: another lambda, even of the same code, would make the
  /// JVM throw away what it has compiled for the first.
  static final Coro.Action SLEEP_ZERO = () -> Tasks.<@Nullable Void>sleep(Duration.ZERO, null);

  private final Loop loop = Loop.create();

  Laps(int tasks, int steps, Coro.Action step) {
    Coro.Action laps = () -> runLaps(steps / tasks, step);
    for (int i = 0; i < tasks; i++) {
      Task.create(loop, Coro.of(laps), TaskOptions.DEFAULT);
    }
  }

  /// All tasks get here in the same tick, the last one of the run.
  private void runLaps(int steps, Coro.Action step) throws Exception {
    for (; ; ) {
      for (int i = 0; i < steps; i++) {
        step.run();
      }
      loop.stop();
      SLEEP_ZERO.run();
    }
  }

  Loop loop() {
    return loop;
  }

  void run() {
    loop.runForever();
  }

  void close() {
    List<Task<?>> tasks = Task.all(loop);
    tasks.forEach(LoopFuture::cancel);
    Tasks.runUntilComplete(loop, Tasks.gatherReturnExceptions(loop, tasks));
    loop.close();
  }

  static void warmUp(Coro.Action step) {
    for (int i = 0; i < WARM_ROUNDS; i++) {
      var laps = new Laps(WARM_TASKS, WARM_STEPS, step);
      for (int lap = 0; lap < WARM_LAPS; lap++) {
        laps.run();
      }
      laps.close();
    }
  }
}
