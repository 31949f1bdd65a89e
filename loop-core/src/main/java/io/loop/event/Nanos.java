package io.loop.event;

import java.time.Duration;

/// Converts durations to nanoseconds that can be added to a clock reading without overflow.
final class Nanos {

  /*
   * Deadlines are compared by subtraction, so they must stay within half the range of each other.
   * A quarter of the range, 73 years, leaves room for the clock to advance.
   */

  private static final long LIMIT = 1L << 61;
  private static final long NANOS_PER_SECOND = 1_000_000_000;
  private static final long WHOLE_SECONDS = LIMIT / NANOS_PER_SECOND;
  private static final Duration LONGEST = Duration.ofNanos(LIMIT);
  private static final Duration SHORTEST = Duration.ofNanos(-LIMIT);

  private Nanos() {}

  /// {@return the duration in nanoseconds, limited to 73 years in either direction}
  @SuppressWarnings("JavaDurationGetSecondsGetNano") // both are read
  static long of(Duration duration) {
    long seconds = duration.getSeconds();
    if (seconds < WHOLE_SECONDS && seconds > -WHOLE_SECONDS) {
      return seconds * NANOS_PER_SECOND + duration.getNano();
    }
    if (duration.compareTo(LONGEST) >= 0) {
      return LIMIT;
    }
    return duration.compareTo(SHORTEST) <= 0 ? -LIMIT : duration.toNanos();
  }
}
