package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class TurnBudgetTest {

  /// A clock that is moved by hand, and counts how often it is read.
  private static final class CountedClock implements Poller {
    private long nanos;
    private int reads;
    private boolean isMovedByHand;

    @Override
    public void open(PolledLoop loop) {}

    @Override
    public void poll(long waitNanos) {}

    @Override
    public void wakeup() {}

    @Override
    public long nanoTime() {
      reads++;
      return nanos;
    }

    @Override
    public boolean isMovedByHand() {
      return isMovedByHand;
    }

    @Override
    public void close() {}
  }

  private static final Duration LONG = Duration.ofSeconds(1);

  private final CountedClock clock = new CountedClock();
  private final TurnBudget budget = new TurnBudget(clock, new TimerWheel(0));

  private void begin() {
    budget.begin(clock.nanos);
  }

  private int skip(int ticks) {
    int skipped = 0;
    while (skipped < ticks && budget.skipTick()) {
      skipped++;
    }
    return skipped;
  }

  @Test
  void setLimits_outOfRange_areRefused() {
    assertThatThrownBy(() -> budget.setLimits(0, LONG))
        .hasMessage("ticks must be at least 1, got 0");
    assertThatThrownBy(() -> budget.setLimits(1, Duration.ofNanos(-1)))
        .hasMessage("the budget must not be negative, got PT-0.000000001S");
  }

  @Test
  void endTick_atTheLimit_allowsNoMore() {
    budget.setLimits(2, LONG);
    begin();

    assertThat(budget.endTick(1)).isTrue();
    assertThat(budget.endTick(1)).isFalse();
  }

  @Test
  void begin_givesAllTicksAgain() {
    budget.setLimits(2, LONG);
    begin();
    boolean _ = budget.endTick(1);

    begin();

    assertThat(budget.endTick(1)).isTrue();
  }

  @Test
  void isSpent_countsFromTheBeginningOfTheTurn() {
    budget.setLimits(64, Duration.ofNanos(10));
    clock.nanos = 5;
    begin();

    assertThat(budget.isSpent(14)).isFalse();
    assertThat(budget.isSpent(15)).isTrue();
  }

  @Test
  void isClockFresh_forFourHandlesAfterAReading() {
    budget.setLimits(64, LONG);
    begin();
    boolean _ = budget.endTick(1);
    assertThat(budget.isClockFresh()).isFalse();

    assertThat(budget.isSpent(0)).isFalse();

    assertThat(budget.isClockFresh()).isTrue();
    boolean _ = budget.endTick(3);
    assertThat(budget.isClockFresh()).isTrue();
    boolean _ = budget.endTick(1);
    assertThat(budget.isClockFresh()).isFalse();
  }

  @Test
  void isClockFresh_nearTheEndOfTheTime_isFalse() {
    budget.setLimits(64, Duration.ofNanos(10));
    begin();
    boolean _ = budget.endTick(1);

    assertThat(budget.isSpent(9)).isFalse();
    boolean _ = budget.endTick(1);

    assertThat(budget.isClockFresh()).isFalse();
  }

  @Test
  void isClockFresh_afterATimerWasPlaced_isFalse() {
    budget.setLimits(64, LONG);
    begin();
    assertThat(budget.isSpent(0)).isFalse();
    assertThat(budget.isClockFresh()).isTrue();

    budget.lookNext();

    assertThat(budget.isClockFresh()).isFalse();
  }

  @Test
  void isClockFresh_ifTheClockIsMovedByHand_isFalse() {
    clock.isMovedByHand = true;
    var manual = new TurnBudget(clock, new TimerWheel(0));
    manual.begin(0);

    assertThat(manual.isSpent(0)).isFalse();

    assertThat(manual.isClockFresh()).isFalse();
  }

  @Test
  void skipTick_readsTheClockForEveryFourth() {
    budget.setLimits(64, LONG);
    begin();

    assertThat(skip(8)).isEqualTo(8);

    assertThat(clock.reads).isEqualTo(2);
  }

  @Test
  void skipTick_afterLookNext_readsTheClock() {
    budget.setLimits(64, LONG);
    begin();
    assertThat(skip(1)).isEqualTo(1);

    budget.lookNext();

    assertThat(skip(1)).isEqualTo(1);
    assertThat(clock.reads).isEqualTo(2);
  }

  @Test
  void skipTick_nearTheEndOfTheTime_readsTheClockForEach() {
    budget.setLimits(64, Duration.ofNanos(101));
    begin();
    clock.nanos = 100;

    assertThat(skip(4)).isEqualTo(4);

    assertThat(clock.reads).isEqualTo(4);
  }

  @Test
  void skipTick_whenTheTimeIsUp_isRefused() {
    budget.setLimits(64, Duration.ofNanos(10));
    begin();
    clock.nanos = 10;

    assertThat(budget.skipTick()).isFalse();
  }

  @Test
  void skipTick_withALimitOfOneTick_isRefused() {
    budget.setLimits(1, LONG);
    begin();

    assertThat(budget.skipTick()).isFalse();
    assertThat(clock.reads).isZero();
  }
}
