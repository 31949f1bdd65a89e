package io.loop.event;

import java.time.Duration;

/// How much may run between two polls: a number of ticks, and a time.
///
/// Loop thread only.
final class TurnBudget {

  /*
   * A coroutine that yields while nothing else is ready continues immediately: its turn skips the
   * tick, which would have run nothing else. Skipped ticks do not count towards `maxTicks`, but
   * their time does. The clock is read before every fourth of them. It is read before each one if,
   * at the pace so far, the end of the turn's budget or the next timer is near. Reading it more
   * rarely would be wrong, because the next step of a body may take a thousand times as long as
   * those before.
   */

  private static final int MAX_TICKS = 64;
  private static final int SKIPS_PER_LOOK = 4;
  private static final int MAX_PASSED = 1 << 20; // for clocks that do not advance
  private static final long BUDGET_NANOS = 100_000;

  private final Poller poller;
  private final TimerWheel wheel;
  private int maxTicks = MAX_TICKS;
  private long budgetNanos = BUDGET_NANOS;
  private long startNanos;
  private int ticks; // ticks that have ended in this turn
  private int passed; // ticks in this turn, run or skipped
  private int nextLook; // the number of passed ticks at which the clock is read

  TurnBudget(Poller poller, TimerWheel wheel) {
    this.poller = poller;
    this.wheel = wheel;
  }

  /// See [Loop#setTicksPerPoll].
  void setLimits(int ticks, Duration budget) {
    if (ticks < 1) {
      throw new IllegalArgumentException("ticks must be at least 1, got " + ticks);
    }
    if (budget.isNegative()) {
      throw new IllegalArgumentException("the budget must not be negative, got " + budget);
    }
    maxTicks = ticks;
    budgetNanos = Nanos.of(budget);
  }

  /// Begins a turn.
  void begin(long nowNanos) {
    startNanos = nowNanos;
    passed = 0;
    ticks = 0;
  }

  void beginTick() {
    passed++;
    nextLook = 0;
  }

  /// Ends a tick that has run.
  ///
  /// @return whether the turn may have another one, if there is time
  boolean endTick() {
    ticks++;
    return ticks != maxTicks;
  }

  /// {@return whether the time is up}
  boolean isSpent(long nowNanos) {
    return nowNanos - startNanos >= budgetNanos;
  }

  /// Skips a tick, if there is time and ticks may be skipped at all.
  boolean skipTick() {
    if (maxTicks == 1 || (passed >= nextLook && !look())) {
      return false;
    }
    passed++;
    return true;
  }

  /// Makes the next [#skipTick] read the clock.
  void lookNext() {
    nextLook = 0;
  }

  /// Reads the clock, and decides when to do so again.
  ///
  /// @return false if the time is up
  private boolean look() {
    long now = poller.nanoTime();
    long used = now - startNanos;
    long left = Math.min(budgetNanos - used, wheel.nextExpiryNanos(now));
    if (left <= 0 || passed >= MAX_PASSED) {
      return false;
    }
    long perTick = Math.max(1, used / passed);
    nextLook = passed + (int) Math.min(SKIPS_PER_LOOK, 1 + left / (2 * perTick));
    return true;
  }
}
