package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.ManualLoop;
import io.loop.testing.VirtualClock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// When the delay of a timer begins, and how it is moved.
final class TimerDelayTest {

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MILLI = Duration.ofMillis(1);

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final VirtualClock clock = manual.clock();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private void note(String what) {
    log.add(what + " at " + loop.time().toMillis());
  }

  private TimerHandle noteLater(Duration delay, String what) {
    return loop.callLater(delay, () -> note(what));
  }

  /// Lets time go by in a callback, as a computation does.
  private void compute(Duration time) {
    clock.advance(time);
  }

  @Test
  void callLater_callbackComputes_delayBeginsAfterIt() {
    loop.callSoon(() -> {
      noteLater(SECOND, "timer");
      compute(SECOND);
    });

    manual.runUntilIdle();

    assertThat(log).containsExactly("timer at 2000");
  }

  @Test
  void callLater_callbackBeforeHasComputed_doesNotMatter() {
    loop.callSoon(() -> noteLater(SECOND, "first"));
    loop.callSoon(() -> compute(SECOND));
    loop.callSoon(() -> noteLater(SECOND.minus(MILLI), "second"));

    manual.runUntilIdle();

    assertThat(log).containsExactly("first at 1000", "second at 1999");
  }

  @Test
  void callLater_loopDoesNotRun_delayBeginsAtOnce() {
    noteLater(SECOND, "timer");
    compute(Duration.ofMillis(400));

    manual.runUntilIdle();

    assertThat(log).containsExactly("timer at 1000");
  }

  @Test
  void when_askedByTheCallback_delayBeginsThen() {
    loop.callSoon(() -> {
      TimerHandle timer = noteLater(SECOND, "timer");
      assertThat(timer.when()).isEqualTo(SECOND);
      compute(Duration.ofMillis(400));
      assertThat(timer.when()).isEqualTo(SECOND);
    });

    manual.runUntilIdle();

    assertThat(log).containsExactly("timer at 1000");
  }

  @Test
  void when_cancelledBeforeItsDelayBegan_stillAnswers() {
    loop.callSoon(() -> {
      TimerHandle timer = noteLater(SECOND, "timer");
      timer.cancel();
      assertThat(timer.when()).isEqualTo(SECOND);
    });

    manual.runUntilIdle();

    assertThat(log).isEmpty();
  }

  @Test
  void callLater_callbackThrows_timerComesAllTheSame() {
    loop.setExceptionHandler((_, failure) -> log.add(failure.message()));
    loop.callSoon(() -> {
      noteLater(SECOND, "timer");
      throw new IllegalStateException("on purpose");
    });

    manual.runUntilIdle();

    assertThat(log).hasSize(2).last().isEqualTo("timer at 1000");
  }

  @Test
  void callLater_fatalError_timerComesInTheNextRun() {
    loop.callSoon(() -> {
      noteLater(SECOND, "timer");
      throw new KeyboardInterrupt();
    });

    try {
      manual.runUntilIdle();
    } catch (KeyboardInterrupt expected) {
      log.add("interrupted");
    }
    manual.runUntilIdle();

    assertThat(log).containsExactly("interrupted", "timer at 1000");
  }

  @Test
  void reschedule_later_firesOnceAndThen() {
    TimerHandle timer = noteLater(SECOND, "timer");
    loop.callLater(Duration.ofMillis(600), () -> assertThat(timer.reschedule(SECOND)).isTrue());

    manual.runUntilIdle();

    assertThat(log).containsExactly("timer at 1600");
  }

  @Test
  void reschedule_sooner_firesThen() {
    TimerHandle timer = noteLater(SECOND, "timer");
    loop.callLater(Duration.ofMillis(100), () -> timer.reschedule(Duration.ofMillis(50)));

    manual.runUntilIdle();

    assertThat(log).containsExactly("timer at 150");
  }

  @Test
  void reschedule_loopDoesNotRun_countsFromTheCall() {
    TimerHandle timer = noteLater(SECOND, "timer");
    compute(Duration.ofMillis(400));
    timer.reschedule(SECOND);
    compute(Duration.ofMillis(400));

    manual.runUntilIdle();

    assertThat(log).containsExactly("timer at 1400");
  }

  @Test
  void reschedule_movedOnAndCancelled_neverFires() {
    TimerHandle timer = noteLater(SECOND, "timer");
    loop.callSoon(() -> {
      timer.reschedule(Duration.ofSeconds(2));
      timer.cancel();
      assertThat(timer.reschedule(SECOND)).isFalse();
    });

    manual.runUntilIdle();

    assertThat(log).isEmpty();
  }

  @Test
  void reschedule_hasFired_isRefused() {
    TimerHandle timer = noteLater(SECOND, "timer");

    manual.runUntilIdle();

    assertThat(timer.reschedule(SECOND)).isFalse();
  }

  @Test
  void reschedule_movedIntoTheSlotOfAnother_comesBehindIt() {
    TimerHandle moved = noteLater(SECOND, "moved");
    noteLater(Duration.ofMillis(1_500), "other");
    loop.callLater(Duration.ofMillis(500), () -> moved.reschedule(SECOND.plusNanos(1)));

    manual.runUntilIdle();

    assertThat(log).containsExactly("other at 1500", "moved at 1501");
  }
}
