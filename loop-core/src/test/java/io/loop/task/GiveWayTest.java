package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.event.PolledLoop;
import io.loop.event.Poller;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// `sleep(0)` on a loop that runs several ticks for each look at the outside world.
final class GiveWayTest {

  private static final int TICKS = 64;
  private static final Duration BUDGET = Duration.ofNanos(100_000);
  private static final long MILLI = 1_000_000;

  /// A clock that the bodies move, and a count of the looks at the outside world.
  private static final class CountingPoller implements Poller {
    private long nanos;
    private int polls;
    private long lastPollNanos;
    private long longestGapNanos;

    @Override
    public void open(PolledLoop loop) {}

    @Override
    public void poll(long waitNanos) {
      polls++;
      longestGapNanos = Math.max(longestGapNanos, nanos - lastPollNanos);
      nanos += waitNanos == Long.MAX_VALUE ? 0 : waitNanos;
      lastPollNanos = nanos;
    }

    @Override
    public void wakeup() {}

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public void close() {}
  }

  private final CountingPoller poller = new CountingPoller();
  private final Loop loop = Loop.create(poller);
  private final List<String> log = new ArrayList<>();

  GiveWayTest() {
    loop.setTicksPerPoll(TICKS, BUDGET);
  }

  @AfterEach
  void close() {
    loop.close();
  }

  private void run(Coro.Action body) {
    Tasks.runUntilComplete(loop, Coro.of(body));
  }

  private static void giveWay() {
    sleep(Duration.ZERO);
  }

  @Test
  void sleepZero_nobodyElseReady_pollsWhenTheBudgetIsUp() {
    run(() -> {
      int before = poller.polls;
      for (int i = 0; i < 100_000; i++) {
        poller.nanos += 100;
        giveWay();
      }
      assertThat(poller.polls - before).isBetween(99, 110);
    });

    assertThat(poller.longestGapNanos).isLessThanOrEqualTo(BUDGET.toNanos() + 4 * 100);
  }

  @Test
  void sleepZero_clockStandsStill_pollsInTheEnd() {
    run(() -> {
      int before = poller.polls;
      while (poller.polls == before) {
        giveWay();
      }
    });
  }

  @Test
  void sleepZero_oneTickPerPoll_pollsEachTime() {
    loop.setTicksPerPoll(1, Duration.ZERO);

    run(() -> {
      int before = poller.polls;
      for (int i = 0; i < 100; i++) {
        giveWay();
      }
      assertThat(poller.polls - before).isEqualTo(100);
    });
  }

  @Test
  void sleepZero_bodyTakesTime_pollsWhenTheBudgetIsUp() {
    run(() -> {
      for (int i = 0; i < 1_000; i++) {
        poller.nanos += 10_000;
        giveWay();
      }
    });

    assertThat(poller.longestGapNanos).isLessThanOrEqualTo(BUDGET.toNanos() + 10_000);
  }

  @Test
  void sleepZero_bodyGetsSlower_pollsSoonAgain() {
    run(() -> {
      for (int i = 1; i < 1_000; i++) {
        poller.nanos += 100L * i;
        giveWay();
      }
    });

    assertThat(poller.longestGapNanos).isLessThanOrEqualTo(2 * BUDGET.toNanos());
  }

  @Test
  void sleepZero_bodyTakesLongAllOfASudden_pollsAfterAFewSteps() {
    run(() -> {
      for (int i = 0; i < 5_000; i++) {
        poller.nanos += 10;
        giveWay();
      }
      int before = poller.polls;
      for (int i = 0; i < 8; i++) {
        poller.nanos += 10 * MILLI;
        giveWay();
      }
      assertThat(poller.polls - before).isGreaterThanOrEqualTo(5);
    });

    assertThat(poller.longestGapNanos).isLessThanOrEqualTo(4 * 10 * MILLI + BUDGET.toNanos());
  }

  @Test
  void sleepZero_timerBecomesDue_runsItInTime() {
    run(() -> {
      long start = poller.nanos;
      loop.callLater(Duration.ofMillis(3), () -> log.add("after " + (poller.nanos - start)));
      while (log.isEmpty()) {
        poller.nanos += 1_000;
        giveWay();
      }
    });

    assertThat(log).hasSize(1);
    long after = Long.parseLong(log.getFirst().substring("after ".length()));
    assertThat(after).isBetween(3 * MILLI, 4 * MILLI + BUDGET.toNanos());
  }

  @Test
  void sleepZero_timerSetForAPointInTime_isNotPassedOver() {
    run(() -> {
      giveWay();
      giveWay();
      loop.callAt(loop.time(), () -> log.add("due"));
      giveWay(); // in the tick after, the timer comes behind this task
      giveWay();
      assertThat(log).containsExactly("due");
    });
  }

  @Test
  void sleepZero_delayOfZero_runsIt() {
    run(() -> {
      loop.callLater(Duration.ZERO, () -> log.add("due"));
      giveWay(); // in the tick after, the timer comes behind this task
      giveWay();
      assertThat(log).containsExactly("due");
    });
  }

  @Test
  void sleepZero_othersReady_takesTurnsWithThem() {
    run(() -> {
      Task<?> other = createTask(() -> steps("other"));
      steps("main");
      other.await();
    });

    assertThat(log).containsExactly("main 0", "other 0", "main 1", "other 1", "main 2", "other 2");
  }

  private void steps(String name) {
    for (int i = 0; i < 3; i++) {
      log.add(name + " " + i);
      giveWay();
    }
  }

  @Test
  void sleepZero_callbackScheduled_runsItFirst() {
    run(() -> {
      loop.callSoon(() -> log.add("callback"));
      giveWay();
      assertThat(log).containsExactly("callback");
    });
  }

  @Test
  void sleepZero_cancelled_throws() {
    run(() -> {
      giveWay();
      Task.current().cancel("why");

      assertThatThrownBy(GiveWayTest::giveWay).isInstanceOf(CancelledError.class).hasMessage("why");
    });
  }

  @Test
  void sleepZero_workFromAnotherThread_runsIt() {
    run(() -> {
      giveWay();
      CompletableFuture.runAsync(() -> loop.callSoonThreadsafe(() -> log.add("theirs"))).join();
      while (log.isEmpty()) {
        giveWay();
      }
    });

    assertThat(log).containsExactly("theirs");
  }

  @Test
  void sleepZero_inAnEagerBody_letsItsMakerGoOn() {
    run(() -> {
      Coro<String> body =
          () -> {
            giveWay();
            log.add("child");
            return "";
          };
      Task<String> child = Task.of(loop, body, TaskOptions.DEFAULT.withEagerStart());
      log.add("maker");
      child.await();
    });

    assertThat(log).containsExactly("maker", "child");
  }

  @Test
  void sleepZero_eagerBodyStartedByACallback_letsTheCallbackGoOn() {
    run(() -> {
      Coro<String> body =
          () -> {
            giveWay();
            log.add("child");
            return "";
          };
      var ended = new LoopFuture<String>(loop);
      loop.callSoon(() -> {
        Task<String> child = Task.of(loop, body, TaskOptions.DEFAULT.withEagerStart());
        child.addDoneCallback(_ -> ended.setResult(""));
        log.add("callback");
      });
      ended.await();
    });

    assertThat(log).containsExactly("callback", "child");
  }

  @Test
  void sleepZero_loopStopped_doesNotGoOn() {
    Task<?> task =
        Task.create(
            loop,
            Coro.of(() -> {
              loop.stop();
              giveWay();
              log.add("went on");
            }),
            TaskOptions.DEFAULT);

    loop.runForever();

    assertThat(log).isEmpty();
    Tasks.runUntilComplete(loop, task);
    assertThat(log).containsExactly("went on");
  }
}
