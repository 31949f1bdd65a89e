package io.loop.netty;

import java.time.Duration;

/// Checks of options. Each throws an [IllegalArgumentException] that says the range.
final class Range {

  private Range() {}

  static void atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " should be " + least + " or more, got " + value);
    }
  }

  static void positive(Duration time, String name) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException(name + " should be a positive time, got " + time);
    }
  }

  static void notNegative(Duration time, String name) {
    if (time.isNegative()) {
      throw new IllegalArgumentException(name + " should not be a negative time, got " + time);
    }
  }
}
