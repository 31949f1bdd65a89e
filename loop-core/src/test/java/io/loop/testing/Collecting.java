package io.loop.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.ref.Reference;
import java.util.concurrent.TimeUnit;

/// Waits for the garbage collector.
public final class Collecting {

  private Collecting() {}

  /// Waits until what a weak reference refers to has been collected; fails if that takes too long.
  ///
  /// @param reference the reference
  public static void await(Reference<?> reference) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!reference.refersTo(null) && System.nanoTime() - end < 0) {
      System.gc();
    }
    assertThat(reference.refersTo(null)).as("is collected").isTrue();
  }
}
