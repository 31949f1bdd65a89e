package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.CountingLoader;
import io.loop.testing.Growth;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.junit.jupiter.api.Test;

/// What it costs to wake one of many does not depend on how many wait.
final class WaiterCostTest {

  private static long onLoop(Coro<Long> body) {
    try (var manual = new ManualLoop()) {
      manual.setPatience(Growth.PATIENCE);
      return manual.run(body);
    }
  }

  private static List<Task<Void>> start(int count, Coro.Action body) {
    List<Task<Void>> tasks = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      tasks.add(createTask(body));
    }
    sleep(Duration.ZERO);
    return tasks;
  }

  private static long work(int count, Runnable operation) {
    long before = CountingLoader.work();
    for (int i = 0; i < count; i++) {
      operation.run();
    }
    return CountingLoader.work() - before;
  }

  @Test
  void semaphore_manyReleases() {
    Growth.assertConstant(new Releases());
  }

  private record Releases() implements IntToLongFunction {
    @Override
    public long applyAsLong(int count) {
      return onLoop(() -> {
        var semaphore = new Semaphore(0);
        List<Task<Void>> tasks = start(count, semaphore::acquire);

        long work = work(count, semaphore::release);

        tasks.forEach(LoopFuture::await);
        return work;
      });
    }
  }

  @Test
  void condition_manySignals() {
    Growth.assertConstant(new Signals());
  }

  private record Signals() implements IntToLongFunction {
    @Override
    public long applyAsLong(int count) {
      return onLoop(() -> {
        var condition = new Condition();
        List<Task<Void>> tasks = start(count, () -> condition.with(condition::await));
        for (Task<Void> task : tasks) {
          assertThat(task.isDone()).isFalse();
        }

        long work = condition.with(() -> work(count, condition::signal));

        tasks.forEach(LoopFuture::await);
        return work;
      });
    }
  }

  @Test
  void queue_manyItems() {
    Growth.assertConstant(new Items());
  }

  private record Items() implements IntToLongFunction {
    @Override
    public long applyAsLong(int count) {
      return onLoop(() -> {
        var queue = new Queue<String>();
        List<Task<Void>> tasks = start(count, queue::get);

        long work = work(count, () -> queue.putNowait("x"));

        tasks.forEach(LoopFuture::await);
        return work;
      });
    }
  }

  @Test
  void semaphore_manyLooksAtCancelledOnes() {
    Growth.assertConstant(new Looks());
  }

  private record Looks() implements IntToLongFunction {
    @Override
    public long applyAsLong(int count) {
      return onLoop(() -> {
        var semaphore = new Semaphore(1);
        semaphore.acquire();
        List<Task<Void>> tasks = start(count, semaphore::acquire);
        tasks.forEach(LoopFuture::cancel);
        semaphore.release();

        long work = work(count, semaphore::isLocked);

        tasks.forEach(WaiterCostTest::awaitCancelled);
        assertThat(semaphore.isLocked()).isFalse();
        return work;
      });
    }
  }

  private static void awaitCancelled(Task<Void> task) {
    while (!task.isDone()) {
      sleep(Duration.ZERO);
    }
    assertThat(task.isCancelled()).isTrue();
  }
}
