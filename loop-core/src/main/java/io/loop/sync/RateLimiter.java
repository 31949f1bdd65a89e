package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Limits how often something happens: a bucket that permits flow into at a steady rate, and that
/// holds a limited number of them.
///
/// Loop thread and coroutines of one loop only, the first on which a permit is acquired: its clock
/// is the one that counts, so with a [io.loop.testing.ManualLoop] waiting takes no time. The bucket
/// is full at first.
///
/// Source: the token bucket of networking; asyncio has nothing like it.
public final class RateLimiter {

  /*
   * The level is kept in units: a permit costs `cost` of them, and `rate` flow in each nanosecond.
   * That makes every rate exact, and nothing is lost to rounding over time.
   *
   * Only the task that holds `line` waits for the clock. The others wait for the lock, in order; so
   * a task that is cancelled takes nothing, and the next one works out its own delay.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final Lock line = new Lock();
  private final int burst;
  private final long rate;
  private final long cost;
  private int waiting;
  private long level;
  private @Nullable Duration levelAt;

  /// Makes a limiter that lets one period's permits go at once.
  ///
  /// @param permits how many flow in
  /// @param period in which time
  /// @throws IllegalArgumentException if either is not positive
  public RateLimiter(int permits, Duration period) {
    this(permits, period, permits);
  }

  /// Makes a limiter.
  ///
  /// @param permits how many flow in
  /// @param period in which time
  /// @param burst how many the bucket holds: what can go at once after a pause
  /// @throws IllegalArgumentException if one of them is not positive, or together they exceed what
  ///   can be counted
  public RateLimiter(int permits, Duration period, int burst) {
    if (permits < 1 || burst < 1 || !period.isPositive()) {
      throw new IllegalArgumentException(
          "permits, period and burst must be positive, not %d, %s and %d"
              .formatted(permits, period, burst));
    }
    this.burst = burst;
    try {
      long nanos = period.toNanos();
      long divisor = greatestCommonDivisor(nanos, permits);
      this.rate = permits / divisor;
      this.cost = nanos / divisor;
      this.level = Math.multiplyExact(cost, burst);
    } catch (ArithmeticException overflow) {
      throw new IllegalArgumentException(
          "a burst of " + burst + " at " + permits + " per " + period + " is too large to count",
          overflow);
    }
  }

  private static long greatestCommonDivisor(long a, long b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }

  /// Takes a permit, waiting for it if need be. Coroutine only; as [#acquire(int)].
  public void acquire() {
    acquire(1);
  }

  /// Takes permits, waiting until there are enough. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it must wait. Those who wait are served in
  /// order of arrival: many permits that one waits for hold up the single permit of the next.
  ///
  /// @param count how many
  /// @throws IllegalArgumentException if that is less than one, or more than the burst
  /// @throws IllegalStateException if this limiter belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited; no permit is taken, and the
  ///   next one moves up
  public void acquire(int count) {
    long needed = requireCount(count);
    if (waiting == 0 && take(needed)) {
      return;
    }
    waiting++;
    try (var _ = line.hold()) {
      while (!take(needed)) {
        Tasks.sleep(Duration.ofNanos(Math.ceilDiv(needed - level, rate)), null);
      }
    } finally {
      waiting--;
    }
  }

  /// Takes a permit, if there is one and no task waits. Never suspends.
  ///
  /// @return whether it did
  /// @throws IllegalStateException if this limiter belongs to another loop
  public boolean tryAcquire() {
    return tryAcquire(1);
  }

  /// Takes permits, if there are enough and no task waits. Never suspends.
  ///
  /// @param count how many
  /// @return whether it did
  /// @throws IllegalArgumentException if that is less than one, or more than the burst
  /// @throws IllegalStateException if this limiter belongs to another loop
  public boolean tryAcquire(int count) {
    long needed = requireCount(count);
    return waiting == 0 && take(needed);
  }

  private long requireCount(int count) {
    if (count < 1 || count > burst) {
      throw new IllegalArgumentException(
          "count must be between 1 and the burst of " + burst + ", not " + count);
    }
    binding.checkTurn();
    return count * cost;
  }

  private boolean take(long needed) {
    refill();
    if (level < needed) {
      return false;
    }
    level -= needed;
    return true;
  }

  private void refill() {
    Loop loop = binding.bind();
    Duration now = loop.time();
    Duration before = levelAt;
    levelAt = now;
    if (before == null) {
      return;
    }
    long elapsed = now.minus(before).toNanos();
    long missing = burst * cost - level;
    level += elapsed >= Math.ceilDiv(missing, rate) ? missing : elapsed * rate;
  }

  /// {@return how many permits could be taken at once} Never suspends.
  ///
  /// @throws IllegalStateException if this limiter belongs to another loop, or no loop is running
  ///   here
  public int available() {
    binding.checkTurn();
    refill();
    return (int) (level / cost);
  }

  @Override
  public String toString() {
    return "<RateLimiter [%d per %s, burst:%d, waiters:%d]>"
        .formatted(rate, Duration.ofNanos(cost), burst, waiting);
  }
}
