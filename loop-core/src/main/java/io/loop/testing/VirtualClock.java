package io.loop.testing;

import java.time.Duration;

/// A clock that is advanced explicitly.
///
/// Starts at zero; the resolution is one nanosecond. Loop thread only.
public final class VirtualClock {

  private long nanos;

  /// Creates a clock at zero.
  public VirtualClock() {}

  /// {@return the current time of this clock}
  public Duration time() {
    return Duration.ofNanos(nanos);
  }

  long nanoTime() {
    return nanos;
  }

  /// Advances the clock.
  ///
  /// @param step the time to advance; timers see the change in the next turn of the loop
  /// @throws IllegalArgumentException if `step` is negative: the clock is monotonic
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
