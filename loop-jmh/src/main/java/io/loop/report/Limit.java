package io.loop.report;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The limit of a figure: an absolute one, or a multiple of a peer's.
///
/// @param peer the peer whose figure is the divisor; null for an absolute limit
/// @param atMost the largest quotient or figure, in the unit of the figure; [#NONE] to report only
/// @param unit the unit of `atMost`, for the reader
/// @param quotient where a benchmark has measured ours ÷ the peer's itself; null if the medians of
///   the two are to be divided
record Limit(@Nullable Measure peer, double atMost, String unit, @Nullable Measure quotient) {

  static final double NONE = Double.POSITIVE_INFINITY;

  Limit(@Nullable Measure peer, double atMost, String unit) {
    this(peer, atMost, unit, null);
  }

  boolean isSet() {
    return atMost < NONE;
  }

  /// {@return whether the quotient or the figure is within the limit}
  boolean allows(double value) {
    return value <= atMost;
  }

  /// {@return the limit as text; empty if there is none}
  @Override
  public String toString() {
    return isSet() ? "≤ " + plain(atMost) + " " + unit : "";
  }

  private static String plain(double value) {
    return value == Math.rint(value)
        ? String.format(Locale.ROOT, "%,.0f", value)
        : Double.toString(value);
  }
}
