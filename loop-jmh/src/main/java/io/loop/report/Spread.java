package io.loop.report;

import java.util.stream.DoubleStream;

/// The range of some values, or of the quotients of two such ranges.
///
/// @param min the smallest
/// @param max the largest
record Spread(double min, double max) {

  /// {@return the range of some values}
  ///
  /// @param values at least one
  static Spread of(DoubleStream values) {
    var all = values.summaryStatistics();
    return new Spread(all.getMin(), all.getMax());
  }

  /// {@return the range of the quotients of any value here and any value there}
  Spread dividedBy(Spread other) {
    return new Spread(min / other.max, max / other.min);
  }

  boolean contains(double value) {
    return min <= value && value <= max;
  }

  @Override
  public String toString() {
    return Sample.decimals(min) + "–" + Sample.decimals(max);
  }
}
