package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.Runner;
import io.loop.coroutine.Coroutine;
import io.loop.scope.TaskGroup;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Two loops and two threads at once, on the clock of the world.
@Tag("slow")
@Timeout(120)
final class SharedLoopsTest {

  private static final int SIDES = 2;
  private static final int ITEMS = Coroutine.isPortable() ? 10_000 : 100_000;
  private static final int ROUNDS = Coroutine.isPortable() ? 40 : 300;
  private static final Duration NO_TIME = Duration.ZERO;

  private record Item(int producer, int number) {}

  /// Runs a body as two coroutines of each of two loops and on two threads.
  private static void everywhere(Body body) {
    List<CompletableFuture<Void>> sides = new ArrayList<>();
    for (int side = 0; side < SIDES; side++) {
      int first = side * 3;
      sides.add(
          Threads.start(() ->
              loop(() ->
                  TaskGroup.run(group -> {
                    group.createTask(() -> body.run(first, true));
                    group.createTask(() -> body.run(first + 1, true));
                  }))));
      sides.add(Threads.start(() -> body.run(first + 2, false)));
    }
    CompletableFuture<Void> all = CompletableFuture.allOf(sides.toArray(CompletableFuture[]::new));
    all.exceptionally(_ -> null).orTimeout(100, TimeUnit.SECONDS).join();
    all.join();
  }

  private interface Body {
    void run(int number, boolean isCoroutine) throws Exception;
  }

  private static void loop(Coro.Action main) {
    Asyncio.run(Coro.of(main), Runner.Options.DEFAULT.withoutSignals());
  }

  private static void exchange(int maxSize) {
    var queue = new SharedQueue<Item>(maxSize);
    int producers = SIDES * 3;
    int each = ITEMS / producers;
    List<Item> all = Collections.synchronizedList(new ArrayList<>());
    var left = new CountDownLatch(producers);

    var consumers =
        Threads.start(() ->
            everywhere((_, _) -> {
              List<Item> got = new ArrayList<>();
              try {
                while (true) {
                  got.add(queue.get());
                }
              } catch (QueueShutDownException end) {
                requireOrder(got, producers);
                all.addAll(got);
              }
            }));
    everywhere((producer, _) -> {
      for (int number = 0; number < each; number++) {
        queue.put(new Item(producer, number));
      }
      left.countDown();
      if (left.getCount() == 0) {
        queue.shutdown();
      }
    });
    consumers.orTimeout(100, TimeUnit.SECONDS).join();

    assertThat(all).doesNotHaveDuplicates().hasSize(producers * each);
    assertThat(queue.toString()).contains("items=0 getters=0 putters=0");
  }

  private static void requireOrder(List<Item> got, int producers) {
    int[] last = IntStream.range(0, producers).map(_ -> -1).toArray();
    for (Item item : got) {
      if (item.number() <= last[item.producer()]) {
        throw new AssertionError(item + " came after number " + last[item.producer()]);
      }
      last[item.producer()] = item.number();
    }
  }

  @Test
  void exchange_narrowQueue_losesAndDuplicatesNothingAndKeepsEachProducersOrder() {
    exchange(3);
  }

  @Test
  void exchange_queueWithoutLimit_losesAndDuplicatesNothingAndKeepsEachProducersOrder() {
    exchange(0);
  }

  /// A lock that lets two in, or tells one thread too late what another has written, loses counts.
  @Test
  void lock_everywhere_letsOneInAtATime() {
    var lock = new SharedLock();
    int each = ITEMS / 100;
    int[] count = new int[2];

    everywhere((_, isCoroutine) -> {
      for (int i = 0; i < each; i++) {
        lock.acquire();
        try {
          int before = count[0];
          if (isCoroutine && i % 4 == 0) {
            sleep(NO_TIME);
          }
          count[0] = before + 1;
        } finally {
          lock.release();
        }
      }
    });

    assertThat(count[0]).isEqualTo(SIDES * 3 * each);
    assertThat(lock).hasToString("<SharedLock [unlocked, waiters:0]>");
  }

  /// Whatever the moment, what was put is what was got and what is left.
  @Test
  void loopThatEnds_whileItsCoroutinesGet_losesNothing() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      var queue = new SharedQueue<Integer>();
      List<Integer> got = Collections.synchronizedList(new ArrayList<>());
      int offered = 50;
      int endAt = round % offered;
      var waiting = new CountDownLatch(1);
      var ended =
          Threads.start(() ->
              loop(() -> {
                for (int i = 0; i < 3; i++) {
                  createTask(() -> {
                    while (true) {
                      got.add(queue.get());
                    }
                  });
                }
                waiting.countDown();
                while (got.size() < endAt) {
                  sleep(NO_TIME);
                }
              }));
      waiting.await();
      for (int i = 0; i < offered; i++) {
        queue.put(i);
      }
      Threads.join(ended);
      for (Integer item; (item = queue.poll()) != null; ) {
        got.add(item);
      }

      assertThat(got).as("round %s", round).hasSize(offered).doesNotHaveDuplicates();
      assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");
    }
  }

  /// The interrupt meets the item on its way.
  @Test
  void threadThatIsInterrupted_whileAnItemComes_losesNothing() throws Exception {
    for (int round = 0; round < ROUNDS; round++) {
      var queue = new SharedQueue<Integer>();
      List<Integer> got = Collections.synchronizedList(new ArrayList<>());
      Thread thread =
          Thread.ofPlatform()
              .daemon()
              .start(() -> {
                try {
                  got.add(queue.get());
                } catch (InterruptedException interrupted) {
                  got.add(-1);
                }
              });
      while (!queue.toString().contains("getters=1")) {
        Thread.onSpinWait();
      }
      var putting = Threads.start(() -> queue.put(7));
      thread.interrupt();
      thread.join();
      Threads.join(putting);

      Integer left = queue.poll();
      assertThat(left == null ? got : List.of(left)).containsExactly(7);
      assertThat(got).hasSize(1);
      assertThat(queue).hasToString("<SharedQueue maxsize=0 items=0 getters=0 putters=0>");
    }
  }

  /// A task that is cancelled by its own loop while another thread hands it an item.
  @Test
  void taskThatIsCancelled_whileAThreadPuts_losesNothing() {
    var queue = new SharedQueue<Integer>();
    List<Integer> got = Collections.synchronizedList(new ArrayList<>());
    int items = ITEMS / 20;
    var putting =
        Threads.start(() -> {
          for (int i = 0; i < items; i++) {
            queue.put(i);
          }
          queue.shutdown();
        });

    loop(() -> {
      boolean isOver = false;
      while (!isOver) {
        var getter = createTask(() -> got.add(queue.get()));
        sleep(NO_TIME);
        getter.cancel();
        try {
          getter.await();
        } catch (CancelledError cancelled) {
          sleep(NO_TIME);
        } catch (QueueShutDownException end) {
          isOver = true;
        }
      }
    });
    Threads.join(putting);

    assertThat(got).isEqualTo(IntStream.range(0, items).boxed().toList());
  }
}
