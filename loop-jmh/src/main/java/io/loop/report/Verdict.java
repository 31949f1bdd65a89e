package io.loop.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A row of the table, filled in with the figures of a run.
///
/// @param budget the row
/// @param ours Loop's figure; null if there is none
/// @param comparisons one for each limit, in their order; at least one
/// @param mark the outcome
record Verdict(Budget budget, @Nullable Sample ours, List<Comparison> comparisons, Mark mark) {

  /// Loop's figure against one limit.
  ///
  /// @param limit the limit
  /// @param peer the peer's figure; null if there is no peer or it has none
  /// @param value the limited value: the quotient, or Loop's figure; null if a figure is missing
  record Comparison(Limit limit, @Nullable Sample peer, @Nullable Double value) {

    private static Comparison of(Limit limit, @Nullable Sample ours, Results results) {
      Measure measure = limit.peer();
      if (measure == null) {
        return new Comparison(limit, null, ours == null ? null : ours.median());
      }
      Sample peer = results.find(measure).orElse(null);
      Measure measured = limit.quotient();
      return new Comparison(
          limit,
          peer,
          measured == null
              ? quotient(ours, peer)
              : results.find(measured).map(Sample::median).orElse(null));
    }

    private static @Nullable Double quotient(@Nullable Sample ours, @Nullable Sample peer) {
      return ours == null || peer == null ? null : ours.median() / peer.median();
    }

    /// {@return ours ÷ the peer's; empty if there is no peer's figure}
    String ratio() {
      return limit.peer() == null || value == null ? "" : Sample.decimals(value);
    }

    private boolean isMet() {
      return value != null && limit.allows(value);
    }
  }

  static Verdict of(Budget budget, Results results) {
    Sample ours = results.find(budget.ours()).orElse(null);
    List<Limit> limits =
        budget.limits().isEmpty() ? List.of(new Limit(null, Limit.NONE, "")) : budget.limits();
    List<Comparison> comparisons =
        limits.stream().map(limit -> Comparison.of(limit, ours, results)).toList();
    return new Verdict(budget, ours, comparisons, mark(comparisons));
  }

  /// Meeting one limit is enough. A budget is not missed while a figure is missing.
  private static Mark mark(List<Comparison> comparisons) {
    if (comparisons.stream().anyMatch(it -> it.limit().isSet() && it.isMet())) {
      return Mark.MET;
    }
    if (comparisons.stream().anyMatch(it -> it.value() == null)) {
      return Mark.NOT_RUN;
    }
    return comparisons.stream().anyMatch(it -> it.limit().isSet()) ? Mark.MISSED : Mark.REPORTED;
  }
}
