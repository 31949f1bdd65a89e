package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Cancels a task at each of its suspension points in turn, one run for each.
final class CancelPoints {

  /// What is run again and again.
  interface Scenario {
    void run(CancelPoints points, List<String> log) throws Exception;
  }

  /// What has to hold after each run.
  interface Check {
    void check(Outcome outcome);
  }

  /// When the request comes.
  enum When {
    /// While the body is suspended at the point.
    SUSPENDED,
    /// Before it suspends there.
    BEFORE,
    /// While it is suspended, and once more in the next tick.
    TWICE
  }

  /// What came of a run.
  ///
  /// @param point which point it was cancelled at, from 1 on; beyond the last one in the last run
  /// @param wasCancelled whether it was cancelled at all
  /// @param task the task, which is done
  /// @param log what the scenario noted
  record Outcome(int point, boolean wasCancelled, Task<?> task, List<String> log) {}

  private static final Duration SHORT = Duration.ofMillis(1);

  private final When when;
  private final int chosen;
  private int passed;
  private @Nullable Task<?> target;

  private CancelPoints(When when, int chosen) {
    this.when = when;
    this.chosen = chosen;
  }

  /// Runs a scenario once for each of its points, and once without a cancellation.
  ///
  /// @return how many points there were in the last run
  static int everywhere(When when, Scenario scenario, Check check) {
    for (int chosen = 1; ; chosen++) {
      var points = new CancelPoints(when, chosen);
      boolean wasCancelled = points.runOnce(scenario, check);
      if (!wasCancelled) {
        return points.passed;
      }
      assertThat(chosen).isLessThan(1_000);
    }
  }

  private boolean runOnce(Scenario scenario, Check check) {
    List<String> log = new ArrayList<>();
    try (var manual = new ManualLoop()) {
      manual.run(() -> {
        Task<@Nullable Void> task = createTask(() -> scenario.run(this, log));
        target = task;
        Task<?> watching = task;
        var ended = new LoopFuture<@Nullable Void>();
        watching.addDoneCallback(_ -> ended.setResult(null));
        ended.await();
        task.markRead();
        assertThat(Task.all()).as("left over at point %s", chosen).hasSize(1);
        check.check(new Outcome(chosen, passed >= chosen, task, log));
      });
    }
    return passed >= chosen;
  }

  /// A point at which the calling coroutine suspends.
  void pass() {
    if (++passed == chosen) {
      Task<?> task = target;
      if (task == null) {
        throw new IllegalStateException("no task");
      }
      Loop loop = Loop.running();
      if (when == When.BEFORE) {
        task.cancel();
      } else {
        loop.callSoon(() -> {
          task.cancel();
          if (when == When.TWICE) {
            loop.callSoon(() -> task.cancel());
          }
        });
      }
    }
    sleep(SHORT);
  }
}
