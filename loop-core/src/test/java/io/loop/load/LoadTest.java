package io.loop.load;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.coroutine.Coroutine;
import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Large numbers, in real time; run by hand, since they need memory and minutes:
///
/// ```
/// mvn -pl loop-core test -Dgroups=load
/// ```
///
/// `-Dio.loop.load=100000` makes all numbers smaller, here to a tenth. What is checked holds on any
/// machine; what is printed does not.
@Tag("load")
@Timeout(value = 9, unit = TimeUnit.MINUTES)
final class LoadTest {

  private static final int MILLION = Integer.getInteger("io.loop.load", 1_000_000);
  private static final int SENDERS = 8;
  private static final long SEED = 20_261_122;

  private static void tell(String text) {
    String carrier = Coroutine.isPortable() ? "portable" : "loop";
    System.out.println("load, " + carrier + " carrier: " + text);
  }

  private static double seconds(long sinceNanos) {
    return (System.nanoTime() - sinceNanos) / 1e9;
  }

  private static long usedBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  /// What woke: which deadlines, in which order.
  private static final class Wakes {
    private final byte[] times;
    private long lastNanos = Long.MIN_VALUE;
    private int early;
    private int disordered;
    private int count;

    Wakes(int size) {
      times = new byte[size];
    }

    void add(int id, Duration deadline, Duration now) {
      times[id]++;
      count++;
      early += now.compareTo(deadline) < 0 ? 1 : 0;
      disordered += deadline.toNanos() < lastNanos ? 1 : 0;
      lastNanos = deadline.toNanos();
    }

    void check(int expected) {
      assertThat(count).as("woken").isEqualTo(expected);
      assertThat(early).as("woken early").isZero();
      assertThat(disordered).as("woken out of order").isZero();
    }
  }

  /// Tasks that sleep for seconds to come, started while none has to wake, and all awake in the
  /// end.
  @Test
  void sleep_aMillionTasks_wakeOnceInOrderAndNeverEarly() {
    Asyncio.run(() -> {
      Loop loop = Loop.running();
      long before = usedBytes();
      long began = System.nanoTime();
      var wakes = new Wakes(MILLION);
      var delays = new Random(SEED);
      Duration first = loop.time().plus(Duration.ofSeconds(Coroutine.isPortable() ? 150 : 60));
      List<Task<?>> tasks = new ArrayList<>(MILLION);
      for (int i = 0; i < MILLION; i++) {
        int id = i;
        Duration delay = Duration.ofMillis(delays.nextInt(10_000));
        tasks.add(createTask(() -> sleepUntil(loop, wakes, id, first.plus(delay))));
        if (i % 10_000 == 0) {
          sleep(Duration.ZERO); // so that the ready queue stays short
        }
      }
      sleep(Duration.ZERO);
      sleep(Duration.ZERO);
      double started = seconds(began);
      long bytes = usedBytes() - before;
      assertThat(loop.time()).as("all sleep before the first has to wake").isLessThan(first);

      Asyncio.wait(tasks);

      double late = loop.time().minus(first).toMillis() / 1e3;
      wakes.check(MILLION);
      assertThat(wakes.times).containsOnly(1);
      tell(
          ("%,d sleepers started in %.1f s, %,d bytes of heap each; deadlines 10 s wide, all ended"
                  + " %.1f s after the first")
              .formatted(MILLION, started, bytes / MILLION, late));
    });
  }

  private static void sleepUntil(Loop loop, Wakes wakes, int id, Duration deadline) {
    var woken = new LoopFuture<Void>(loop);
    TimerHandle timer = loop.callAt(deadline, () -> woken.setResult(null));
    try {
      woken.await();
    } finally {
      timer.cancel();
    }
    wakes.add(id, deadline, loop.time());
  }

  /// Timers, every other one cancelled, at random before it is due.
  @Test
  void callAt_aMillionTimersHalfCancelled_fireOnceInOrderOrNever() {
    try (Loop loop = Loop.create()) {
      var wakes = new Wakes(MILLION);
      var random = new Random(SEED);
      Duration first = loop.time().plus(Duration.ofSeconds(20));
      List<TimerHandle> odd = new ArrayList<>(MILLION / 2);
      long began = System.nanoTime();
      for (int i = 0; i < MILLION; i++) {
        int id = i;
        Duration deadline = first.plusNanos(random.nextLong(5_000_000_000L));
        TimerHandle timer = loop.callAt(deadline, () -> wakes.add(id, deadline, loop.time()));
        if (i % 2 == 1) {
          odd.add(timer);
        }
      }
      double scheduled = seconds(began);
      began = System.nanoTime();
      odd.forEach(TimerHandle::cancel);
      double cancelled = seconds(began);
      loop.callAt(first.plusSeconds(6), loop::stop);
      assertThat(loop.time()).as("all is set before the first is due").isLessThan(first);

      loop.runForever();

      wakes.check(MILLION / 2);
      for (int i = 0; i < MILLION; i++) {
        assertThat(wakes.times[i]).as("timer %d", i).isEqualTo((byte) (1 - i % 2));
      }
      tell(
          ("%,d timers scheduled in %.2f s, half of them cancelled in %.2f s; the rest fired once,"
                  + " in order, never early")
              .formatted(MILLION, scheduled, cancelled));
    }
  }

  /// Eight threads, each counting up; each item must be the next of its sender.
  @Test
  void callSoonThreadsafe_tenMillionFromEightThreads_allRunInOrder() {
    int each = 10 * MILLION / SENDERS;
    try (Loop loop = Loop.create()) {
      int[] next = new int[SENDERS];
      int[] disordered = {0};
      int[] ended = {0};
      List<CompletableFuture<Void>> senders = new ArrayList<>();
      long began = System.nanoTime();
      for (int i = 0; i < SENDERS; i++) {
        int sender = i;
        senders.add(
            Threads.start(() -> {
              for (int item = 0; item < each; item++) {
                int number = item;
                loop.callSoonThreadsafe(() -> disordered[0] += next[sender]++ == number ? 0 : 1);
              }
              loop.callSoonThreadsafe(() -> {
                if (++ended[0] == SENDERS) {
                  loop.stop();
                }
              });
            }));
      }

      loop.runForever();

      double took = seconds(began);
      senders.forEach(Threads::join);
      assertThat(next).containsOnly(each);
      assertThat(disordered[0]).as("out of the order of their sender").isZero();
      tell(
          "%,d callSoonThreadsafe from %d threads in %.1f s, %,.0f a second"
              .formatted((long) each * SENDERS, SENDERS, took, each * SENDERS / took));
    }
  }
}
