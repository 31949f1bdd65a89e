package io.loop.netty.base;

import java.time.Duration;

/// Durations as Netty and timers need them.
public final class Durations {

  /// 73 years: leaves room for the clock to advance, in nanoseconds.
  private static final Duration LONGEST = Duration.ofNanos(1L << 61);

  private static final long NANOS_PER_MILLI = 1_000_000;

  private static final long NANOS_PER_SECOND = 1_000_000_000;

  private Durations() {}

  /// {@return a positive duration in milliseconds, rounded up, and limited to 73 years} To Netty 0
  /// means "no limit".
  public static long millis(Duration duration) {
    Duration most = duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    return Math.ceilDiv(most.toNanos(), NANOS_PER_MILLI);
  }

  /// Like [Duration#dividedBy], which is slow when cold because it divides big numbers.
  public static Duration part(Duration whole, int parts) {
    long rest = whole.getSeconds() % parts * NANOS_PER_SECOND + whole.getNano();
    return Duration.ofSeconds(whole.getSeconds() / parts, rest / parts);
  }
}
