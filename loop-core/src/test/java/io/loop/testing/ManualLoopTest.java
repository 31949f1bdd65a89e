package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ManualLoopTest {

  private static final Duration MILLI = Duration.ofMillis(1);
  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private Callback logging(String text) {
    return () -> log.add(text + " at " + loop.time().toMillis());
  }

  @Test
  void newLoop_showsZero() {
    assertThat(loop.time()).isZero();
    assertThat(manual.clock().time()).isZero();
  }

  @Test
  void run_thatSleepsADay_takesADayOfVirtualTimeOnly() {
    manual.run(() -> sleep(Duration.ofDays(1)));

    assertThat(manual.clock().time()).isEqualTo(Duration.ofDays(1));
  }

  @Test
  void run_withAResult_returnsIt() {
    assertThat(manual.<Integer>run(() -> sleep(SECOND, 7))).isEqualTo(7);
  }

  @Test
  void run_waitsForWhatCannotHappen_isRefused() {
    assertThatThrownBy(() ->
            manual.run(() -> {
              new LoopFuture<Void>().await();
            }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("will never happen");
  }

  @Test
  void run_withPatience_waitsForAnotherThread() {
    manual.setPatience(Duration.ofSeconds(30));

    manual.run(() -> {
      var future = new LoopFuture<String>();
      Thread.ofPlatform().start(() -> loop.callSoonThreadsafe(() -> future.setResult("x")));
      log.add(future.await());
    });

    assertThat(log).containsExactly("x");
    assertThat(loop.time()).isZero();
  }

  @Test
  void tick_runsOneTickAndMovesNoTime() {
    loop.callSoon(() -> loop.callSoon(logging("second")));
    loop.callLater(SECOND, logging("timer"));
    loop.callSoon(logging("first"));

    manual.tick();

    assertThat(log).containsExactly("first at 0");
    assertThat(loop.time()).isZero();
  }

  @Test
  void runUntilIdle_jumpsFromTimerToTimer() {
    loop.callLater(SECOND.multipliedBy(2), logging("later"));
    loop.callLater(SECOND, () -> loop.callLater(SECOND.multipliedBy(5), logging("chained")));

    manual.runUntilIdle();

    assertThat(log).containsExactly("later at 2000", "chained at 6000");
  }

  @Test
  void runUntilIdle_nothingToDo_returns() {
    manual.runUntilIdle();

    assertThat(loop.time()).isZero();
  }

  @Test
  void advance_runsWhatIsDueWithin() {
    loop.callLater(SECOND, logging("within"));
    loop.callLater(SECOND.multipliedBy(2), logging("at the end"));
    loop.callLater(SECOND.multipliedBy(2).plus(MILLI), logging("beyond"));

    manual.advance(SECOND.multipliedBy(2));

    assertThat(log).containsExactly("within at 1000", "at the end at 2000");
    assertThat(loop.time()).isEqualTo(SECOND.multipliedBy(2));
  }

  @Test
  void advance_runsWhatFollowsFromTheLastTimer() {
    Task.create(
        loop,
        Coro.of(() -> {
          sleep(SECOND);
          log.add("woken");
          sleep(Duration.ZERO);
          log.add("went on");
        }),
        TaskOptions.DEFAULT);

    manual.advance(SECOND);

    assertThat(log).containsExactly("woken", "went on");
  }

  @Test
  void advance_aFractionOfAMilli_isExact() {
    loop.callLater(Duration.ofMillis(3), () -> {});

    manual.advance(Duration.ofNanos(1_500_001));

    assertThat(loop.time()).isEqualTo(Duration.ofNanos(1_500_001));
  }

  @Test
  void advance_withoutTimers_movesTheClock() {
    manual.advance(SECOND);
    manual.advance(SECOND);

    assertThat(loop.time()).isEqualTo(SECOND.multipliedBy(2));
  }

  @Test
  void advance_stoppedMeanwhile_leavesNothingThatStopsALaterRun() {
    loop.callLater(SECOND, loop::stop);
    manual.advance(SECOND.multipliedBy(3));

    manual.run(() -> sleep(SECOND.multipliedBy(10)));

    assertThat(loop.time()).isGreaterThanOrEqualTo(SECOND.multipliedBy(11));
  }

  @Test
  void advance_backwards_isRefused() {
    assertThatThrownBy(() -> manual.advance(SECOND.negated()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> manual.clock().advance(SECOND.negated()))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void clock_advancedByHand_makesTimersDue() {
    loop.callLater(SECOND, logging("due"));

    manual.clock().advance(SECOND);
    manual.tick();

    assertThat(log).containsExactly("due at 1000");
  }

  @Test
  void close_cancelsTheTasksThatAreLeftAndRunsThemToTheirEnd() {
    loop.callSoon(() ->
        createTask(() -> {
          try {
            sleep(Duration.ofDays(1));
          } catch (CancelledError cancelled) {
            sleep(SECOND);
            log.add("cleaned up");
            throw cancelled;
          }
        }));
    manual.tick();
    manual.tick();

    manual.close();

    assertThat(log).containsExactly("cleaned up");
    assertThat(loop.isClosed()).isTrue();
  }

  @Test
  void close_withATimerThatRenewsItself_closes() {
    renew();
    Task.create(loop, Coro.of(() -> sleep(Duration.ofDays(1))), TaskOptions.DEFAULT);
    manual.tick();

    manual.close();

    assertThat(loop.isClosed()).isTrue();
  }

  private void renew() {
    loop.callLater(SECOND, this::renew);
  }

  @Test
  void close_aTaskFailsMeanwhile_isReported() {
    loop.setExceptionHandler((_, report) -> log.add(report.message()));
    loop.callSoon(() ->
        createTask(() -> {
          try {
            sleep(Duration.ofDays(1));
          } finally {
            failHere();
          }
        }));
    manual.tick();
    manual.tick();

    manual.close();

    assertThat(log).containsExactly("Task exception was never retrieved");
  }

  private static void failHere() {
    throw new IllegalStateException("in clean-up");
  }

  @Test
  void close_twice_doesNothing() {
    manual.close();

    manual.close();

    assertThat(loop.isClosed()).isTrue();
  }
}
