package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.Growth;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What it costs to wake one of many does not depend on how many wait.
@Tag("slow")
final class WaiterCostTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static List<Task<Void>> start(int count, Coro.Action body) {
    List<Task<Void>> tasks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      tasks.add(createTask(body));
    }
    sleep(Duration.ZERO);
    return tasks;
  }

  private static long time(int count, Runnable operation) {
    long start = System.nanoTime();
    for (int i = 0; i < count; i++) {
      operation.run();
    }
    return System.nanoTime() - start;
  }

  @Test
  void semaphore_manyReleases() {
    manual.run(() ->
        Growth.assertConstant(count -> {
          var semaphore = new Semaphore(0);
          List<Task<Void>> tasks = start(count, semaphore::acquire);

          long nanos = time(count, semaphore::release);

          tasks.forEach(LoopFuture::await);
          return nanos;
        }));
  }

  @Test
  void condition_manySignals() {
    manual.run(() ->
        Growth.assertConstant(count -> {
          var condition = new Condition();
          List<Task<Void>> tasks = start(count, () -> condition.with(condition::await));
          for (Task<Void> task : tasks) {
            assertThat(task.isDone()).isFalse();
          }
          long nanos = condition.with(() -> time(count, condition::signal));

          tasks.forEach(LoopFuture::await);
          return nanos;
        }));
  }

  @Test
  void queue_manyItems() {
    manual.run(() ->
        Growth.assertConstant(count -> {
          var queue = new Queue<String>();
          List<Task<Void>> tasks = start(count, queue::get);

          long nanos = time(count, () -> queue.putNowait("x"));

          tasks.forEach(LoopFuture::await);
          return nanos;
        }));
  }

  @Test
  void semaphore_manyLooksAtCancelledOnes() {
    manual.run(() ->
        Growth.assertConstant(count -> {
          var semaphore = new Semaphore(1);
          semaphore.acquire();
          List<Task<Void>> tasks = start(count, semaphore::acquire);
          tasks.forEach(LoopFuture::cancel);
          semaphore.release();

          long nanos = time(count, semaphore::isLocked);

          tasks.forEach(WaiterCostTest::awaitCancelled);
          assertThat(semaphore.isLocked()).isFalse();
          return nanos;
        }));
  }

  private static void awaitCancelled(Task<Void> task) {
    while (!task.isDone()) {
      sleep(Duration.ZERO);
    }
    assertThat(task.isCancelled()).isTrue();
  }
}
