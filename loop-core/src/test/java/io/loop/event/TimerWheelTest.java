package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class TimerWheelTest extends TimerWheelFixture {

  @Test
  void schedule_twice_isRefused() {
    TimerHandle timer = schedule(MILLI);

    assertThatThrownBy(() -> wheel.schedule(timer)).isInstanceOf(IllegalStateException.class);

    assertThat(wheel.size()).isEqualTo(1);
  }

  @Test
  void schedule_afterItCameOut_isAllowed() {
    TimerHandle timer = schedule(MILLI);
    advance(MILLI);

    wheel.schedule(timer);

    assertThat(advance(MILLI)).containsExactly(timer);
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, MILLI, MILLI << 12, MILLI << 35, MILLI << 40, Long.MAX_VALUE})
  void cancel_scheduled_unlinksAtOnce(long delayNanos) {
    TimerHandle before = schedule(delayNanos);
    TimerHandle timer = schedule(delayNanos);
    TimerHandle after = schedule(delayNanos);

    assertThat(wheel.cancel(timer)).isTrue();

    requireUnlinked(timer);
    assertThat(wheel.size()).isEqualTo(2);
    assertThat(before.next).isSameAs(after);
    assertThat(after.previous).isSameAs(before);
  }

  @Test
  void cancel_first_keepsTheRest() {
    TimerHandle first = schedule(MILLI);
    TimerHandle second = schedule(MILLI);

    wheel.cancel(first);

    assertThat(advance(MILLI)).containsExactly(second);
  }

  @Test
  void cancel_last_keepsTheEndOfTheList() {
    TimerHandle first = schedule(MILLI);
    TimerHandle last = schedule(MILLI);
    wheel.cancel(last);
    TimerHandle added = schedule(MILLI);

    assertThat(advance(MILLI)).containsExactly(first, added);
  }

  @Test
  void cancel_neverScheduled_returnsFalse() {
    assertThat(wheel.cancel(timer(MILLI))).isFalse();
  }

  @Test
  void cancel_twice_returnsFalse() {
    TimerHandle timer = schedule(MILLI);
    wheel.cancel(timer);

    assertThat(wheel.cancel(timer)).isFalse();
  }

  @Test
  void cancel_cameOut_returnsFalse() {
    TimerHandle timer = schedule(MILLI);
    advance(MILLI);

    assertThat(wheel.cancel(timer)).isFalse();
  }

  @Test
  void nextExpiryNanos_empty_isUnlimited() {
    assertThat(wheel.nextExpiryNanos(START)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void nextExpiryNanos_onlyTimerCancelled_isUnlimited() {
    wheel.cancel(schedule(MILLI));

    assertThat(wheel.nextExpiryNanos(START)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void nextExpiryNanos_firstTimerCancelled_isThatOfTheSecond() {
    TimerHandle first = schedule(5 * MILLI);
    schedule(10 * MILLI);

    wheel.cancel(first);

    assertThat(wheel.nextExpiryNanos(START)).isEqualTo(10 * MILLI);
  }

  @Test
  void nextExpiryNanos_deadlinePassedWhenScheduled_isZero() {
    schedule(0);

    assertThat(wheel.nextExpiryNanos(START)).isZero();
  }

  @Test
  void nextExpiryNanos_nearTimer_isItsTickFromNow() {
    schedule(5 * MILLI + 1);

    assertThat(wheel.nextExpiryNanos(START + 400)).isEqualTo(6 * MILLI - 400);
  }

  @Test
  void nextExpiryNanos_tickReachedButNotAdvanced_isZero() {
    schedule(5 * MILLI);

    assertThat(wheel.nextExpiryNanos(START + 9 * MILLI)).isZero();
  }

  @Test
  void nextExpiryNanos_timerOfAHigherLevel_isWhenItsSlotOpens() {
    schedule(200 * MILLI);

    assertThat(wheel.nextExpiryNanos(START)).isEqualTo(192 * MILLI);
  }

  @Test
  void nextExpiryNanos_parkedTimer_isWhenTheTopLevelIsThrough() {
    schedule(Long.MAX_VALUE);

    assertThat(wheel.nextExpiryNanos(START)).isEqualTo(MILLI << 36);
  }

  /// A deadline is always a point on the clock, also before the delay has started.
  @Test
  void scheduleAfter_delayStartsLater_theDeadlineMovesByThat() {
    TimerHandle timer = TestTimers.timer(wheel.deadlineAfter(5 * MILLI));
    wheel.scheduleAfter(timer);
    assertThat(timer.deadlineNanos).isEqualTo(START + 5 * MILLI);

    wheel.place(START + 2 * MILLI);

    assertThat(timer.deadlineNanos).isEqualTo(START + 7 * MILLI);
    assertThat(advance(7 * MILLI - 1)).isEmpty();
    assertThat(advance(7 * MILLI)).containsExactly(timer);
  }

  @Test
  void postpone_delayStartsLater_theDeadlineMovesByThat() {
    TimerHandle timer = timer(3 * MILLI);
    wheel.schedule(timer);

    assertThat(wheel.postpone(timer, 20 * MILLI)).isTrue();
    assertThat(timer.deadlineNanos).isEqualTo(START + 20 * MILLI);
    assertThat(wheel.postpone(timer, 10 * MILLI)).isTrue();
    assertThat(timer.deadlineNanos).isEqualTo(START + 10 * MILLI);
    wheel.place(START + 2 * MILLI);

    assertThat(timer.deadlineNanos).isEqualTo(START + 12 * MILLI);
    assertThat(advance(12 * MILLI - 1)).isEmpty();
    assertThat(advance(12 * MILLI)).containsExactly(timer);
  }

  @Test
  void cancel_beforeTheDelayStarts_keepsTheDeadlineItWouldHaveHad() {
    TimerHandle timer = TestTimers.timer(wheel.deadlineAfter(5 * MILLI));
    wheel.scheduleAfter(timer);

    assertThat(wheel.cancel(timer)).isTrue();
    wheel.place(START + 2 * MILLI);

    assertThat(timer.deadlineNanos).isEqualTo(START + 5 * MILLI);
    requireUnlinked(timer);
    assertThat(wheel.size()).isZero();
  }

  @Test
  void clear_everyKindOfTimer_unlinksAll() {
    List<TimerHandle> timers = new ArrayList<>();
    for (long delayNanos : new long[] {-1, 1, MILLI, MILLI << 20, MILLI << 40}) {
      timers.add(schedule(delayNanos));
    }

    wheel.clearInto(_ -> {});

    timers.forEach(TimerWheelTest::requireUnlinked);
    assertThat(wheel.size()).isZero();
    assertThat(wheel.nextExpiryNanos(START)).isEqualTo(Long.MAX_VALUE);
  }
}
