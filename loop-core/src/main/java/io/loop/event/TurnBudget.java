package io.loop.event;

import java.time.Duration;

/// How much may run between two polls: a number of ticks, and a time.
///
/// Loop thread only.
final class TurnBudget {

  /*
   * A step is a handle that has run, or a tick that was skipped: a coroutine that yields while
   * nothing else is ready continues immediately, because the tick would have run nothing else.
   * Skipped ticks do not count towards `maxTicks`, but their time does.
   *
   * Reading the clock costs as much as a short step. So it is not read for each tick that runs few
   * handles, nor for each skipped one, but for every fourth step. It is read for each one if, at
   * the pace so far, the end of the turn's budget or the next timer is near. Reading it more rarely
   * would be wrong, because the next step of a body may take a thousand times as long as those
   * before. A clock that is moved by hand is read for each tick.
   */

  private static final int MAX_TICKS = 256;
  private static final int STEPS_PER_LOOK = 4;
  private static final int MAX_STEPS = 1 << 20; // for clocks that do not advance
  private static final long BUDGET_NANOS = 100_000;

  private final Poller poller;
  private final TimerWheel wheel;
  private final boolean isMovedByHand;
  private int maxTicks = MAX_TICKS;
  private long budgetNanos = BUDGET_NANOS;
  private long startNanos;
  private int ticks; // ticks that have ended in this turn
  private int steps; // steps in this turn
  private int nextLook; // the number of steps at which the clock is read

  TurnBudget(Poller poller, TimerWheel wheel) {
    this.poller = poller;
    this.wheel = wheel;
    this.isMovedByHand = poller.isMovedByHand();
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
    steps = 0;
    ticks = 0;
    nextLook = 0;
  }

  /// Ends a tick that has run.
  ///
  /// @param handles how many it has run
  /// @return whether the turn may have another one, if there is time
  boolean endTick(int handles) {
    steps += handles;
    ticks++;
    return ticks != maxTicks;
  }

  /// {@return whether the next tick may begin without reading the clock}
  boolean isClockFresh() {
    return steps < nextLook && !isMovedByHand;
  }

  /// {@return whether the time is up}
  ///
  /// @param nowNanos what the clock says
  boolean isSpent(long nowNanos) {
    long _ = look(nowNanos);
    return nowNanos - startNanos >= budgetNanos;
  }

  /// Skips a tick, if there is time and ticks may be skipped at all.
  boolean skipTick() {
    if (maxTicks == 1
        || (steps >= nextLook && (look(poller.nanoTime()) <= 0 || steps >= MAX_STEPS))) {
      return false;
    }
    steps++;
    return true;
  }

  /// Makes the next tick read the clock.
  void lookNext() {
    nextLook = 0;
  }

  /// Decides when the clock is to be read again.
  ///
  /// @param nowNanos what it says
  /// @return how long nothing else has to run, in nanos: neither a poll nor a timer
  private long look(long nowNanos) {
    long used = nowNanos - startNanos;
    long free = Math.min(budgetNanos - used, wheel.nextExpiryNanos(nowNanos));
    long perStep = Math.max(1, used / Math.max(1, steps));
    nextLook = steps + Math.clamp(1 + free / (2 * perStep), 1, STEPS_PER_LOOK);
    return free;
  }
}
