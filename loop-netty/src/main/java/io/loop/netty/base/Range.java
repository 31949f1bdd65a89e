package io.loop.netty.base;

import java.time.Duration;

/// Checks of options. Each throws an [IllegalArgumentException] that names the valid range.
public final class Range {

  private Range() {}

  public static void atLeast(int least, int value, String name) {
    if (value < least) {
      throw new IllegalArgumentException(name + " should be " + least + " or more, got " + value);
    }
  }

  public static void positive(Duration time, String name) {
    if (!time.isPositive()) {
      throw new IllegalArgumentException(name + " should be a positive duration, got " + time);
    }
  }

  public static void notNegative(Duration time, String name) {
    if (time.isNegative()) {
      throw new IllegalArgumentException(name + " should not be a negative duration, got " + time);
    }
  }
}
