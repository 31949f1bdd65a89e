package io.loop.netty;

import java.time.Duration;

/// Durations in the milliseconds that Netty uses, where 0 means "no limit".
final class Millis {

  /// 73 years: leaves room for the clock to advance, in nanoseconds.
  private static final Duration LONGEST = Duration.ofNanos(1L << 61);

  private static final long NANOS_PER_MILLI = 1_000_000;

  private Millis() {}

  /// {@return a positive duration in milliseconds, rounded up, and limited to 73 years}
  static long of(Duration duration) {
    Duration most = duration.compareTo(LONGEST) < 0 ? duration : LONGEST;
    return Math.ceilDiv(most.toNanos(), NANOS_PER_MILLI);
  }
}
