package io.loop.testing;

import java.time.Duration;

/// A clock that stands still until it is told to move.
///
/// Whole nanoseconds, starting at zero. Loop thread only.
public final class VirtualClock {

  private long nanos;

  /// Makes a clock that shows zero.
  public VirtualClock() {}

  /// {@return the time it shows}
  public Duration time() {
    return Duration.ofNanos(nanos);
  }

  long nanoTime() {
    return nanos;
  }

  /// Moves the clock.
  ///
  /// @param step how far; timers see it in the next turn of the loop
  /// @throws IllegalArgumentException if the step is negative: the clock is monotonic
  public void advance(Duration step) {
    if (step.isNegative()) {
      throw new IllegalArgumentException("a monotonic clock cannot go back by " + step);
    }
    advanceNanos(step.toNanos());
  }

  void advanceNanos(long step) {
    nanos += step;
  }
}
