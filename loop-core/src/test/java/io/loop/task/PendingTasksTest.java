package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.onThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class PendingTasksTest {

  private final ManualLoop manual = new ManualLoop();
  private final LoopFuture<Void> forever = new LoopFuture<>(manual.loop());

  @AfterEach
  void close() {
    manual.setPatience(Duration.ZERO);
    manual.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3})
  void list_anyAddedAndRemoved_isTheRestInOrder(int seed) {
    var random = new Random(seed);
    var pending = new PendingTasks();
    List<Task<?>> expected = new ArrayList<>();
    List<PendingTasks.Entry> entries = new ArrayList<>();
    manual.run(() -> {
      for (int i = 0; i < 300; i++) {
        if (expected.isEmpty() || random.nextInt(5) > 1) {
          Task<?> task = createTask(() -> {});
          expected.add(task);
          entries.add(pending.add(task));
        } else {
          int victim = random.nextInt(expected.size());
          expected.remove(victim);
          pending.remove(entries.remove(victim));
        }

        assertThat(pending.list()).as("seed %d, step %d", seed, i).isEqualTo(expected);
      }
    });
  }

  @Test
  void all_fromAnotherThread_listsThem() {
    Task<?> task = Task.create(manual.loop(), forever::await, TaskOptions.DEFAULT);
    manual.tick();

    onThread(() -> assertThat(Task.all(manual.loop())).containsExactly(task));
  }

  @Test
  void all_fromAnotherThreadBeforeTheFirstTask_isEmptyAndTouchesNothing() {
    onThread(() -> assertThat(Task.all(manual.loop())).isEmpty());

    manual.run(() -> assertThat(Task.all()).hasSize(1));
  }

  @Test
  @Tag("slow")
  void all_fromAnotherThreadWhileTasksComeAndGo_missesNoneThatStays() {
    var stop = new AtomicBoolean();
    var looks = new AtomicInteger();
    manual.setPatience(Duration.ofSeconds(30)); // for the join at the end
    manual.run(() -> {
      List<Task<?>> staying = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        staying.add(createTask(() -> forever.await()));
        createTask(() -> {});
      }
      CompletableFuture<Void> reader =
          Threads.start(() -> {
            while (!stop.get()) {
              assertThat(Task.all(manual.loop())).containsSubsequence(staying);
              looks.incrementAndGet();
            }
          });
      for (int i = 0; i < 2_000 || (looks.get() < 100 && !reader.isDone()); i++) {
        createTask(() -> sleep(Duration.ZERO));
        sleep(Duration.ZERO);
      }
      stop.set(true);
      Threads.join(reader);
    });
  }
}
