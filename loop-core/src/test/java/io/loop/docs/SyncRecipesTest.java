package io.loop.docs;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.sleep;

import io.loop.scope.TaskGroup;
import io.loop.sync.Barrier;
import io.loop.sync.Condition;
import io.loop.sync.Event;
import io.loop.sync.Lock;
import io.loop.sync.Queue;
import io.loop.sync.Semaphore;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SyncRecipesTest extends Recipes {

  @Test
  void queue_joinWaitsForEveryItem() {
    // recipe: queue
    run(() -> {
      var queue = new Queue<Integer>(2);
      Task<?> consumer =
          createTask(() -> {
            while (true) {
              int item = queue.get();
              sleep(Duration.ofMillis(100));
              IO.println("done " + item);
              queue.taskDone();
            }
          });
      for (int item = 1; item <= 3; item++) {
        queue.put(item);
      }
      queue.join();
      consumer.cancel();
      IO.println("all done");
    });
    // end

    assertPrints("queue", "done 1", "done 2", "done 3", "all done");
  }

  @Test
  void lock_keepsTwoStepsTogether() {
    // recipe: lock
    run(() -> {
      var lock = new Lock();
      var balance = new int[] {100};
      Coro.Action withdraw =
          () ->
              lock.with(() -> {
                int before = balance[0];
                sleep(Duration.ofMillis(100));
                balance[0] = before - 30;
              });
      gather(createTask(withdraw), createTask(withdraw)).await();
      IO.println(balance[0]);
    });
    // end

    assertPrints("lock", "40");
  }

  @Test
  void semaphore_limitsWhatRunsAtOnce() {
    // recipe: semaphore
    run(() -> {
      var limit = new Semaphore(2);
      var running = new int[2]; // now, and at most
      TaskGroup.run(group -> {
        for (int i = 0; i < 5; i++) {
          group.createTask(() -> {
            try (var _ = limit.hold()) {
              running[0]++;
              running[1] = Math.max(running[1], running[0]);
              sleep(Duration.ofMillis(100));
              running[0]--;
            }
          });
        }
      });
      IO.println(running[1]);
    });
    // end

    assertPrints("semaphore", "2");
  }

  @Test
  void event_releasesEverybody() {
    // recipe: event
    run(() -> {
      var ready = new Event();
      Coro.Action worker =
          () -> {
            ready.await();
            IO.println("go");
          };
      Task<?> first = createTask(worker);
      Task<?> second = createTask(worker);
      sleep(Duration.ofMillis(100));
      IO.println("ready");
      ready.set();
      gather(first, second).await();
    });
    // end

    assertPrints("event", "ready", "go", "go");
  }

  @Test
  void condition_waitsUntilItIsTrue() {
    // recipe: condition
    run(() -> {
      var changed = new Condition();
      List<String> letters = new ArrayList<>();
      Task<?> reader =
          createTask(() -> {
            try (var _ = changed.hold()) {
              changed.waitFor(() -> letters.size() == 2);
              IO.println(letters);
            }
          });
      for (String letter : List.of("a", "b")) {
        sleep(Duration.ofMillis(100));
        try (var _ = changed.hold()) {
          letters.add(letter);
          changed.signalAll();
        }
      }
      reader.await();
    });
    // end

    assertPrints("condition", "[a, b]");
  }

  @Test
  void barrier_letsAllGoTogether() {
    // recipe: barrier
    run(() -> {
      var barrier = new Barrier(2);
      TaskGroup.run(group -> {
        for (int seconds : List.of(1, 2)) {
          group.createTask(() -> {
            sleep(Duration.ofSeconds(seconds));
            IO.println("arrived");
            barrier.await();
            IO.println("passed");
          });
        }
      });
    });
    // end

    assertPrints("barrier", "arrived", "arrived", "passed", "passed");
  }
}
