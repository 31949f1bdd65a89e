package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.loop.event.Loop;
import io.loop.task.Task;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

/// Awaitility's `await` in a coroutine.
final class AwaitilityTest extends InCoroutines {

  @Test
  void until_condition_isAskedOnAThreadWithoutTheLoop() {
    run(() -> {
      var onLoop = new AtomicBoolean(true);

      await()
          .atMost(PATIENCE)
          .until(() -> {
            onLoop.set(Loop.runningOrNull() != null);
            return true;
          });

      assertThat(onLoop).isFalse();
    });
  }

  @Test
  void pollInSameThread_condition_isAskedOnTheLoop() {
    run(() -> {
      Task<String> task =
          createTask(() -> {
            turns();
            return "a";
          });

      await().pollInSameThread().atMost(PATIENCE).until(task::isDone); // the task goes on

      assertThat(task.result()).isEqualTo("a");
    });
  }
}
