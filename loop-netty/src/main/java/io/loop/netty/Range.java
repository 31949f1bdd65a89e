package io.loop.netty;

import java.time.Duration;

/// Checks of options. Each throws an [IllegalArgumentException] that names the valid range.
final class Range {

  private Range() {}

  static void atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " should be " + least + " or more, got " + value);
    }
  }

  static void positive(Duration time, String name) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException(name + " should be a positive duration, got " + time);
    }
  }

  static void notNegative(Duration time, String name) {
    if (time.isNegative()) {
      throw new IllegalArgumentException(name + " should not be a negative duration, got " + time);
    }
  }
}
