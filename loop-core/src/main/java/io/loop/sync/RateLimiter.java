package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Limits how often something happens: a token bucket that is refilled with permits at a steady
/// rate and holds a limited number of them.
///
/// Loop thread and coroutines of one loop only: the first loop on which a permit is acquired. It
/// uses that loop's clock, so with a [io.loop.testing.ManualLoop] waiting takes no real time. The
/// bucket is initially full.
///
/// Source: the token bucket of networking; no asyncio equivalent.
public final class RateLimiter {

  /*
   * The level is measured in units: a permit costs `cost` units, and `rate` units are added in each
   * nanosecond. This makes every rate exact, without rounding errors that accumulate over time.
   *
   * Only the task that holds `line` waits for the clock. The others wait for the lock, in order. So
   * a task that is cancelled takes nothing, and the next task calculates its own delay.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final Lock line = new Lock();
  private final int burst;
  private final long rate;
  private final long cost;
  private int waiting;
  private long level;
  private @Nullable Duration levelAt;

  /// Creates a limiter with a burst of one period's permits.
  ///
  /// @param permits the number of permits added per period
  /// @param period the period
  /// @throws IllegalArgumentException if either is not positive
  public RateLimiter(int permits, Duration period) {
    this(permits, period, permits);
  }

  /// Creates a limiter.
  ///
  /// @param permits the number of permits added per period
  /// @param period the period
  /// @param burst the capacity of the bucket: the number of permits that can be taken without
  ///   waiting after a pause
  /// @throws IllegalArgumentException if an argument is not positive, or their combination is too
  ///   large to count
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

  /// Takes a permit, waiting for it if necessary. Coroutine only; like [#acquire(int)].
  public void acquire() {
    acquire(1);
  }

  /// Takes permits, waiting until enough are available. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it has to wait. Waiting tasks are served in
  /// order of arrival, so a task that waits for many permits delays a task behind it that needs
  /// only one.
  ///
  /// @param count the number of permits
  /// @throws IllegalArgumentException if `count` is less than 1 or greater than the burst
  /// @throws IllegalStateException if this limiter belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited; no permit is taken
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

  /// Takes a permit if one is available and no task waits. Never suspends.
  ///
  /// @return whether the permit was taken
  /// @throws IllegalStateException if this limiter belongs to another loop
  public boolean tryAcquire() {
    return tryAcquire(1);
  }

  /// Takes permits if enough are available and no task waits. Never suspends.
  ///
  /// @param count the number of permits
  /// @return whether the permits were taken
  /// @throws IllegalArgumentException if `count` is less than 1 or greater than the burst
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

  /// {@return the number of permits that are available immediately} Never suspends.
  ///
  /// @throws IllegalStateException if this limiter belongs to another loop, or no loop is running
  ///   on this thread
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
