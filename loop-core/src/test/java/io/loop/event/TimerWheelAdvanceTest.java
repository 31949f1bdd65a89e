package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the wheel hands over when time goes on, and in which order.
final class TimerWheelAdvanceTest extends TimerWheelFixture {

  @Test
  void advance_nothingScheduled_handsOverNothing() {
    assertThat(advance(1_000 * MILLI)).isEmpty();
  }

  @Test
  void advance_nanoBeforeDeadline_handsOverNothing() {
    schedule(5 * MILLI);

    assertThat(advance(5 * MILLI - 1)).isEmpty();
  }

  @Test
  void advance_atDeadlineOnTheGrid_handsOver() {
    TimerHandle timer = schedule(5 * MILLI);

    assertThat(advance(5 * MILLI)).containsExactly(timer);
  }

  @Test
  void advance_betweenDeadlineAndTick_handsOverNothing() {
    schedule(5 * MILLI + 1);

    assertThat(advance(6 * MILLI - 1)).isEmpty();
  }

  @Test
  void advance_atTickAfterDeadline_handsOver() {
    TimerHandle timer = schedule(5 * MILLI + 1);

    assertThat(advance(6 * MILLI)).containsExactly(timer);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, MILLI, Long.MAX_VALUE / 2})
  void advance_deadlinePassedWhenScheduled_handsOverAtOnce(long agoNanos) {
    advance(MILLI / 2);
    TimerHandle timer = schedule(MILLI / 2 - agoNanos);

    assertThat(advance(MILLI / 2)).containsExactly(timer);
  }

  @Test
  void advance_timeGoesBack_handsOverWhatIsDueAlready() {
    advance(10 * MILLI);
    schedule(11 * MILLI);
    TimerHandle due = schedule(10 * MILLI);

    assertThat(advance(3 * MILLI)).containsExactly(due);
  }

  @Test
  void advance_afterTimeWentBack_keepsTheDeadline() {
    advance(10 * MILLI);
    TimerHandle timer = schedule(11 * MILLI);
    advance(3 * MILLI);

    assertThat(advance(11 * MILLI)).containsExactly(timer);
  }

  @Test
  void advance_equalDeadlines_keepsInsertionOrder() {
    TimerHandle early = schedule(100 * MILLI);
    advance(70 * MILLI);
    TimerHandle late = schedule(100 * MILLI);

    assertThat(advance(100 * MILLI)).containsExactly(early, late);
  }

  @Test
  void advance_equalDeadlinesThatPassWhileTheyAreScheduled_keepsInsertionOrder() {
    long deadline = 2 * MILLI + 10;
    TimerHandle early = schedule(deadline);
    TimerHandle notDue = schedule(deadline + 200);
    TimerHandle late = timer(deadline);
    wheel.schedule(late, START + deadline + 100);

    assertThat(advance(deadline + 100)).containsExactly(early, late);
    assertThat(advance(3 * MILLI)).containsExactly(notDue);
  }

  @Test
  void advance_equalDeadlinesAtAHigherLevelThatPass_keepsInsertionOrder() {
    long deadline = 63 * MILLI + 10; // the tick that ends is the first of a slot of level 1
    TimerHandle early = schedule(deadline);
    TimerHandle notDue = schedule(deadline + 200);
    TimerHandle later = schedule(70 * MILLI);
    TimerHandle late = timer(deadline);
    wheel.schedule(late, START + deadline + 100);

    assertThat(advance(deadline + 100)).containsExactly(early, late);
    assertThat(advance(64 * MILLI)).containsExactly(notDue);
    assertThat(advance(70 * MILLI)).containsExactly(later);
  }

  @Test
  void advance_oneSlotOutOfOrder_sortsByDeadline() {
    TimerHandle third = schedule(5 * MILLI - 1);
    TimerHandle first = schedule(5 * MILLI - 3);
    TimerHandle fourth = schedule(5 * MILLI - 1);
    TimerHandle second = schedule(5 * MILLI - 2);

    assertThat(advance(5 * MILLI)).containsExactly(first, second, third, fourth);
  }

  @Test
  void advance_acrossLevels_sortsByDeadline() {
    TimerHandle parked = schedule(MILLI << 36);
    TimerHandle top = schedule(MILLI << 30);
    TimerHandle middle = schedule(MILLI << 12);
    TimerHandle near = schedule(MILLI);

    assertThat(advance(MILLI << 37)).containsExactly(near, middle, top, parked);
  }

  @Test
  void advance_passedDeadlineAfterOneInTheWheel_sortsByDeadline() {
    TimerHandle inWheel = schedule(MILLI + 2);
    advance(MILLI + 5);
    TimerHandle after = schedule(MILLI + 3);
    TimerHandle before = schedule(MILLI + 1);

    assertThat(advance(2 * MILLI)).containsExactly(before, inWheel, after);
  }

  @Test
  void advance_deadlinesFurtherApartThanALong_sortsByDeadline() {
    long lastTickNanos = Long.MAX_VALUE - Long.MAX_VALUE % MILLI;
    TimerHandle far = schedule(lastTickNanos);
    TimerHandle passed = schedule(-MILLI);

    assertThat(advance(lastTickNanos)).containsExactly(passed, far);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 6, 12, 18, 24, 30, 36, 42})
  void advance_everyLevel_isNeverEarly(int bits) {
    TimerHandle timer = schedule(MILLI << bits);

    assertThat(advance((MILLI << bits) - 1)).isEmpty();
    assertThat(advance(MILLI << bits)).containsExactly(timer);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE / 2, Long.MAX_VALUE - MILLI, Long.MAX_VALUE})
  void advance_extremeDelay_isNeverEarly(long delayNanos) {
    advance(MILLI - 1);
    TimerHandle timer = schedule(MILLI - 1 + delayNanos);

    assertThat(advance(MILLI - 1 + delayNanos - MILLI)).isEmpty();
    assertThat(advance(MILLI - 1 + delayNanos + MILLI)).containsExactly(timer);
  }

  @Test
  void advance_byTheLongestTime_handsOver() {
    advance(MILLI - 1);
    TimerHandle timer = schedule(2 * MILLI);

    long wrapped = Long.MIN_VALUE + MILLI - 2; // Long.MAX_VALUE after the first advance
    assertThat(advance(wrapped)).containsExactly(timer);
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MIN_VALUE, -1, 0, Long.MAX_VALUE - MILLI, Long.MAX_VALUE})
  void advance_anyStart_countsFromIt(long startNanos) {
    TimerWheel wheel = new TimerWheel(startNanos);
    TimerHandle later = timerAt(startNanos + 3 * MILLI);
    TimerHandle sooner = timerAt(startNanos + 2 * MILLI);
    wheel.schedule(later);
    wheel.schedule(sooner);
    List<TimerHandle> due = new ArrayList<>();

    wheel.advance(startNanos + 2 * MILLI, due::add);
    wheel.advance(startNanos + 3 * MILLI, due::add);

    assertThat(due).containsExactly(sooner, later);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -7_777_777, Long.MAX_VALUE - MILLI})
  void advance_ofAnExactWheel_handsOverWhatIsDueToTheNanosecond(long startNanos) {
    var exact = new TimerWheel(startNanos, true);
    var random = new Random(startNanos);
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 2_000; i++) {
      long delay = 1 + random.nextLong(1L << (1 + random.nextInt(50)));
      delays.add(delay);
      exact.schedule(timerAt(startNanos + delay));
    }
    List<Long> due = new ArrayList<>();

    for (long delay : delays.stream().sorted().distinct().toList()) {
      int before = due.size();
      exact.advance(startNanos + delay - 1, timer -> due.add(timer.deadlineNanos - startNanos));
      assertThat(due).hasSize(before);
      exact.advance(startNanos + delay, timer -> due.add(timer.deadlineNanos - startNanos));
      assertThat(due.subList(before, due.size())).isNotEmpty().containsOnly(delay);
    }

    assertThat(exact.size()).isZero();
    assertThat(exact.nextExpiryNanos(startNanos)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void advance_handsOver_unlinkedTimers() {
    schedule(MILLI);
    schedule(MILLI);

    wheel.advance(START + MILLI, TimerWheelAdvanceTest::requireUnlinked);

    assertThat(wheel.size()).isZero();
  }

  @Test
  void advance_callbackSchedulesDueTimer_waitsForTheNext() {
    TimerHandle added = timer(0);
    schedule(MILLI);

    List<TimerHandle> due = advance(MILLI, ignored -> wheel.schedule(added));

    assertThat(due).doesNotContain(added);
    assertThat(advance(MILLI)).containsExactly(added);
  }

  @Test
  void advance_callbackReschedulesItself_waitsForTheNext() {
    TimerHandle timer = schedule(MILLI);

    List<TimerHandle> due = advance(MILLI, wheel::schedule);

    assertThat(due).containsExactly(timer);
    assertThat(advance(MILLI)).containsExactly(timer);
  }

  @Test
  void advance_callbackSchedules_countsFromTheNewTime() {
    TimerHandle added = timer(1_001 * MILLI);
    schedule(MILLI);

    advance(1_000 * MILLI, ignored -> wheel.schedule(added));

    assertThat(wheel.nextExpiryNanos(START + 1_000 * MILLI)).isEqualTo(MILLI);
  }

  @Test
  void advance_callbackCancelsDueTimer_isNotHandedOver() {
    TimerHandle first = schedule(MILLI);
    TimerHandle second = schedule(2 * MILLI);
    TimerHandle third = schedule(3 * MILLI);

    List<TimerHandle> due = advance(3 * MILLI, ignored -> wheel.cancel(second));

    assertThat(due).containsExactly(first, third);
  }

  @Test
  void advance_callbackClears_stops() {
    TimerHandle first = schedule(MILLI);
    schedule(MILLI);

    assertThat(advance(MILLI, ignored -> wheel.clearInto(_ -> {}))).containsExactly(first);
  }

  @Test
  void advance_callbackThrows_keepsTheRestForTheNext() {
    schedule(MILLI);
    TimerHandle second = schedule(2 * MILLI);
    TimerHandle third = schedule(3 * MILLI);

    assertThatThrownBy(() -> wheel.advance(START + 3 * MILLI, TimerWheelAdvanceTest::fail))
        .isInstanceOf(UnsupportedOperationException.class);

    assertThat(wheel.size()).isEqualTo(2);
    assertThat(advance(3 * MILLI)).containsExactly(second, third);
  }

  @Test
  @Tag("slow")
  void advance_aMillionInOneSlotOutOfOrder_sortsByDeadline() {
    Random random = new Random(42);
    for (int i = 0; i < 1_000_000; i++) {
      schedule(1 + random.nextLong(MILLI));
    }

    List<TimerHandle> due = advance(MILLI);

    assertThat(due).hasSize(1_000_000);
    long misplaced = 0;
    for (int i = 1; i < due.size(); i++) {
      long apart = due.get(i).deadlineNanos - due.get(i - 1).deadlineNanos;
      boolean inOrder = apart > 0 || (apart == 0 && due.get(i).sequence > due.get(i - 1).sequence);
      misplaced += inOrder ? 0 : 1;
    }
    assertThat(misplaced).isZero();
  }

  private static void fail(TimerHandle timer) {
    throw new UnsupportedOperationException("Sequence " + timer.sequence);
  }
}
