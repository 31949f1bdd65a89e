package io.loop.race;

import static io.loop.Asyncio.asCompleted;
import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.scope.TaskGroup;
import io.loop.sync.Barrier;
import io.loop.sync.BoundedSemaphore;
import io.loop.sync.Condition;
import io.loop.sync.Lock;
import io.loop.sync.Queue;
import io.loop.sync.QueueShutDownException;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;

/// What programs do, to be cancelled wherever they can be. Each is the victim's body; it ends well
/// if nobody cancels it.
final class Scenarios {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  /// Longer than a cancelled scenario may take.
  private static final Duration LONG = Duration.ofMillis(5);

  private static final Duration HOUR = Duration.ofHours(1);

  private Scenarios() {}

  /// Runs a body whose `finally` awaits, too.
  private static void guarded(Ledger ledger, String name, Coro.Action body) throws Exception {
    try {
      ledger.enter(name);
      body.run();
    } finally {
      ledger.leave(name);
      sleep(TICK);
    }
  }

  static void producerAndConsumers(Ledger ledger) {
    var queue = new Queue<Integer>(2);
    List<Integer> got = new ArrayList<>();
    int[] put = {0};
    ledger.atEnd(() -> assertThat(got.size() + queue.size()).isEqualTo(put[0]));
    TaskGroup.run(group -> {
      for (int i = 0; i < 2; i++) {
        group.createTask(() -> guarded(ledger, "consumer", () -> consume(queue, got)));
      }
      guarded(
          ledger,
          "producer",
          () -> {
            for (int item = 0; item < 6; item++) {
              queue.put(item);
              put[0]++;
            }
            queue.join();
            queue.shutdown();
          });
    });
  }

  private static void consume(Queue<Integer> queue, List<Integer> got) {
    while (true) {
      int item;
      try {
        item = queue.get();
      } catch (QueueShutDownException end) {
        return;
      }
      got.add(item);
      try {
        sleep(TICK);
      } finally {
        queue.taskDone();
      }
    }
  }

  static void nestedGroups(Ledger ledger) throws Exception {
    guarded(
        ledger,
        "outer",
        () ->
            TaskGroup.run(outer -> {
              outer.createTask(() -> guarded(ledger, "uncle", () -> sleep(LONG)));
              outer.createTask(() ->
                  TaskGroup.run(inner -> {
                    for (int i = 1; i <= 3; i++) {
                      Duration delay = LONG.plusMillis(i);
                      inner.createTask(() -> guarded(ledger, "child", () -> sleep(delay)));
                    }
                    guarded(ledger, "inner", () -> sleep(TICK));
                  }));
              TaskGroup.run(inner -> {
                inner.createTask(() -> guarded(ledger, "child", () -> sleep(LONG)));
                sleep(TICK);
              });
            }));
  }

  static void gatherInTimeout(Ledger ledger) throws Exception {
    for (Duration limit : List.of(HOUR, LONG.plus(LONG))) {
      guarded(
          ledger,
          "limit",
          () -> {
            try {
              timeout(limit, () -> sleepers(ledger).await());
            } catch (TimeoutException late) {
              assertThat(limit).isLessThan(HOUR);
            }
          });
    }
  }

  private static LoopFuture<List<Object>> sleepers(Ledger ledger) {
    List<Coro<Object>> bodies = new ArrayList<>();
    for (int i = 1; i <= 4; i++) {
      Duration delay = LONG.multipliedBy(i);
      bodies.add(() -> {
        guarded(ledger, "sleeper", () -> sleep(delay));
        return delay;
      });
    }
    return gather(bodies);
  }

  static void lockAndCondition(Ledger ledger) throws Exception {
    var lock = new Lock();
    var condition = new Condition(lock);
    int[] turn = {0};
    ledger.atEnd(() -> assertThat(lock).hasToString("<Lock [unlocked]>"));
    ledger.atEnd(() -> assertThat(condition).hasToString("<Condition [unlocked]>"));
    TaskGroup.run(group -> {
      group.createTask(() -> alternate(ledger, condition, turn, 1));
      alternate(ledger, condition, turn, 0);
    });
  }

  private static void alternate(Ledger ledger, Condition condition, int[] turn, int mine)
      throws Exception {
    for (int i = 0; i < 3; i++) {
      sleep(MILLISECOND.multipliedBy(mine)); // so that the victim is there first, and waits
      guarded(
          ledger,
          "turn",
          () ->
              condition.with(() -> {
                condition.waitFor(() -> turn[0] % 2 == mine);
                for (int tick = 0; tick < 3; tick++) {
                  sleep(TICK); // the other one may have to wait for the lock
                }
                turn[0]++;
                condition.signalAll();
              }));
    }
  }

  static void semaphorePool(Ledger ledger) {
    var pool = new BoundedSemaphore(2);
    ledger.atEnd(() -> assertThat(pool).hasToString("<BoundedSemaphore [unlocked, value:2]>"));
    int[] inside = {0};
    Coro.Action use =
        () ->
            pool.with(() ->
                guarded(
                    ledger,
                    "permit",
                    () -> {
                      assertThat(++inside[0]).isLessThanOrEqualTo(2);
                      try {
                        sleep(MILLISECOND);
                      } finally {
                        inside[0]--;
                      }
                    }));
    TaskGroup.run(group -> {
      for (int i = 0; i < 4; i++) {
        group.createTask(use);
      }
      use.run();
      use.run();
    });
  }

  static void barrierRendezvous(Ledger ledger) {
    var barrier = new Barrier(3);
    ledger.atEnd(() -> assertThat(barrier).hasToString("<Barrier [filling, waiters:0/3]>"));
    Coro.Action rounds =
        () -> {
          for (int round = 0; round < 3; round++) {
            guarded(ledger, "round", barrier::await);
          }
        };
    TaskGroup.run(group -> {
      group.createTask(rounds);
      group.createTask(rounds);
      rounds.run();
    });
  }

  static void streamEcho(Ledger ledger) throws Exception {
    EchoScenario.run(ledger);
  }

  static void shieldedCleanUp(Ledger ledger) throws Exception {
    var saved = new ArrayList<Task<?>>();
    ledger.atEnd(() -> assertThat(saved).allMatch(task -> task.isDone() && !task.isCancelled()));
    for (int i = 0; i < 3; i++) {
      try {
        ledger.enter("work");
        sleep(MILLISECOND);
      } finally {
        ledger.leave("work");
        Task<Integer> saving = createTask(() -> sleep(MILLISECOND, 1));
        saved.add(saving);
        shield(saving).await();
      }
    }
  }

  static void completedWithTimeout(Ledger ledger) throws Exception {
    List<Task<Integer>> tasks = new ArrayList<>();
    try {
      ledger.enter("steps");
      for (int i = 1; i <= 5; i++) {
        int number = i;
        tasks.add(createTask(() -> sleep(MILLISECOND.multipliedBy(number), number)));
      }
      int last = 0;
      for (Coro<Integer> step : asCompleted(tasks, Duration.ofMillis(4)).results()) {
        try {
          int number = step.run();
          assertThat(number).isGreaterThan(last);
          last = number;
        } catch (TimeoutException late) {
          assertThat(last).isGreaterThanOrEqualTo(3);
        }
      }
    } finally {
      ledger.leave("steps");
      tasks.forEach(Task::cancel);
    }
  }

  static void retries(Ledger ledger) throws Exception {
    for (int attempt = 1; attempt <= 4; attempt++) {
      int current = attempt;
      try {
        guarded(ledger, "attempt", () -> attempt(ledger, current));
        return;
      } catch (IllegalStateException refused) {
        sleep(MILLISECOND.multipliedBy(attempt));
      }
    }
  }

  private static void attempt(Ledger ledger, int number) throws Exception {
    guarded(
        ledger,
        "connection",
        () -> {
          sleep(MILLISECOND);
          if (number < 4) {
            throw new IllegalStateException("attempt " + number);
          }
        });
  }
}
