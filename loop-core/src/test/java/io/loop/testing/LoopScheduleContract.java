package io.loop.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Handle;
import io.loop.event.TimerHandle;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// In which order and when a loop runs callbacks and timers, and what cancels them.
abstract class LoopScheduleContract extends LoopFixture {

  @Test
  void callSoon_several_runInOrder() {
    loop.callSoon(logging("a"));
    loop.callSoon(logging("b"));
    loop.callSoon(logging("c"));

    runTwoTicks();

    assertThat(log).containsExactly("a", "b", "c");
  }

  @Test
  void callSoon_manyMoreThanTheQueueStartsWith_runInOrder() {
    List<Integer> ran = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      int number = i;
      loop.callSoon(() -> ran.add(number));
    }

    runTwoTicks();

    assertThat(ran).hasSize(10_000).isSorted();
  }

  @Test
  void callSoon_fromACallback_runsInTheNextTick() {
    for (int i = 0; i < 3; i++) {
      int number = i;
      loop.callSoon(() -> {
        log.add("outer " + number);
        loop.callSoon(logging("inner " + number));
      });
    }

    runTwoTicks();

    assertThat(log)
        .containsExactly("outer 0", "outer 1", "outer 2", "inner 0", "inner 1", "inner 2");
  }

  @Test
  void callSoon_withoutCallback_isRefused() {
    assertThatThrownBy(() -> loop.callSoon(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void callLater_zero_runsBehindWhatIsReady() {
    loop.callLater(Duration.ZERO, logging("later"));
    loop.callSoon(logging("soon"));

    runTwoTicks();

    assertThat(log).containsExactly("soon", "later");
  }

  @Test
  void callAt_severalDeadlines_runByDeadline() {
    Duration now = loop.time(); // one reading for all, whatever comes between the calls
    loop.callAt(now.plusMillis(15), logging("3"));
    loop.callAt(now.plusMillis(5), logging("1"));
    loop.callAt(now.plusMillis(10), logging("2"));
    loop.callAt(now.plusMillis(20), loop::stop);

    loop.runForever();

    assertThat(log).containsExactly("1", "2", "3");
  }

  @Test
  void callAt_equalDeadlines_runInOrderOfInsertion() {
    Duration when = loop.time().plusMillis(2);
    loop.callAt(when, logging("a"));
    loop.callAt(when, logging("b"));
    loop.callAt(when, logging("c"));
    loop.callAt(when, loop::stop);

    loop.runForever();

    assertThat(log).containsExactly("a", "b", "c");
  }

  @Test
  void callLater_negativeDelays_runAtOnceByDeadline() {
    loop.callLater(Duration.ofMillis(-50), logging("-1"));
    loop.callLater(Duration.ofMillis(-150), logging("-3"));
    loop.callLater(Duration.ofMillis(-100), logging("-2"));

    runTwoTicks();

    assertThat(log).containsExactly("-3", "-2", "-1");
  }

  @Test
  void callLater_anyDelay_isNeverEarly() {
    Duration earliest = loop.time().plusNanos(2_345_678);
    var ran = new AtomicReference<Duration>();

    loop.callLater(
        Duration.ofNanos(2_345_678),
        () -> {
          ran.set(loop.time());
          loop.stop();
        });
    loop.runForever();

    assertThat(ran.get()).isGreaterThanOrEqualTo(earliest);
  }

  @Test
  void callLater_forEver_isNeverDue() {
    loop.callLater(Duration.ofSeconds(Long.MAX_VALUE), logging("ran"));
    loop.callLater(MILLI, loop::stop);

    loop.runForever();

    assertThat(log).isEmpty();
  }

  @Test
  void when_ofATimer_isItsDeadline() {
    TimerHandle timer = loop.callAt(Duration.ofSeconds(5), () -> {});

    assertThat(timer.when()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void time_inTheNextTick_hasNotGoneBack() {
    Duration before = loop.time();

    runTwoTicks();

    assertThat(loop.time()).isGreaterThanOrEqualTo(before);
  }

  @Test
  void cancel_beforeItsTurn_doesNotRun() {
    Handle handle = loop.callSoon(logging("ran"));

    handle.cancel();
    handle.cancel();
    runTwoTicks();

    assertThat(handle.isCancelled()).isTrue();
    assertThat(log).isEmpty();
  }

  @Test
  void cancel_byAnEarlierHandleOfTheTick_doesNotRun() {
    var second = new AtomicReference<Handle>();
    loop.callSoon(() -> second.get().cancel());
    second.set(loop.callSoon(logging("second")));
    loop.callSoon(logging("third"));

    runTwoTicks();

    assertThat(log).containsExactly("third");
  }

  @Test
  void cancel_timerByAnotherDueInTheSameTick_doesNotRun() {
    Duration when = loop.time().plusMillis(1);
    var second = new AtomicReference<Handle>();
    loop.callAt(when, () -> second.get().cancel());
    second.set(loop.callAt(when, logging("second")));
    loop.callAt(when.plusMillis(1), loop::stop);

    loop.runForever();

    assertThat(log).isEmpty();
  }

  @Test
  void cancel_afterTheRun_doesNothing() {
    Handle handle = loop.callSoon(logging("ran"));
    TimerHandle timer = loop.callLater(TICK, logging("timer"));
    runTwoTicks();

    handle.cancel();
    timer.cancel();
    runTwoTicks();

    assertThat(log).containsExactly("ran", "timer");
  }
}
