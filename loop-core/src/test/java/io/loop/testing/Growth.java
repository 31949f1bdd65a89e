package io.loop.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.IntToLongFunction;

/// Tells constant cost from cost that grows with the number of those who wait.
public final class Growth {

  private static final int FEW = 250;
  private static final int MANY = 20_000;
  private static final int ROUNDS = 3;
  private static final double LIMIT = 12; // 80 if the cost of each is proportional to their number

  private Growth() {}

  /// Fails if one of many operations takes much longer than one of a few.
  ///
  /// @param nanosFor does so many operations, and says how long they took together
  public static void assertConstant(IntToLongFunction nanosFor) {
    for (int i = 0; i < MANY; i += FEW) { // compiled as well as the others
      var _ = nanosFor.applyAsLong(FEW);
    }
    double one = each(FEW, nanosFor);
    double another = each(MANY, nanosFor);

    assertThat(another / one).as("cost among %s by cost among %s", MANY, FEW).isLessThan(LIMIT);
  }

  private static double each(int count, IntToLongFunction nanosFor) {
    long best = Long.MAX_VALUE;
    for (int i = 0; i < ROUNDS; i++) {
      best = Math.min(best, nanosFor.applyAsLong(count));
    }
    return Math.max(1.0, (double) best) / count;
  }
}
