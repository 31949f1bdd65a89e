package io.loop.report;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/// One row of the table: a figure of Loop's, and its limits.
///
/// @param section the heading of its section
/// @param work the work, in a few words
/// @param ours Loop's figure
/// @param limits its limits; meeting one of those that are set is enough
/// @param note why a limit is missed, and where the floor is; may be empty
/// @param quick whether the quick set may include it
record Budget(
    String section, String work, Measure ours, List<Limit> limits, String note, boolean quick) {

  static Budget of(String work, Measure ours) {
    return new Budget("", work, ours, List.of(), "", true);
  }

  Budget under(String heading) {
    return new Budget(heading, work, ours, limits, note, quick);
  }

  /// {@return this budget, which a figure of at most `value` units meets too}
  Budget atMost(double value, String unit) {
    return or(new Limit(null, value, unit));
  }

  /// {@return this budget, which a figure of at most `times` the peer's meets too}
  Budget atMost(double times, Measure peer) {
    return or(new Limit(peer, times, "×"));
  }

  /// {@return this budget, which a quotient of at most `times` meets too}
  ///
  /// @param times the limit
  /// @param peer the peer's figure, for the reader
  /// @param quotient the figure that is limited: ours ÷ the peer's, as the benchmark measured it
  Budget atMost(double times, Measure peer, Measure quotient) {
    return or(new Limit(peer, times, "×", quotient));
  }

  /// {@return this budget with a peer for comparison that sets no limit}
  Budget beside(Measure peer) {
    return or(new Limit(peer, Limit.NONE, "×"));
  }

  private Budget or(Limit limit) {
    var more = new ArrayList<>(limits);
    more.add(limit);
    return new Budget(section, work, ours, List.copyOf(more), note, quick);
  }

  Budget note(String text) {
    return new Budget(section, work, ours, limits, text, quick);
  }

  Budget onlyInFull() {
    return new Budget(section, work, ours, limits, note, false);
  }

  /// {@return whether the pattern finds something in the heading or the name of our benchmark}
  boolean isAbout(Pattern pattern) {
    return Stream.of(section, ours.benchmark()).anyMatch(pattern.asPredicate());
  }

  boolean hasLimit() {
    return limits.stream().anyMatch(Limit::isSet);
  }

  /// {@return all measures that this row needs}
  Stream<Measure> measures() {
    return Stream.concat(
        Stream.of(ours), limits.stream().flatMap(limit -> Stream.ofNullable(limit.peer())));
  }

  /// {@return this row, filled in}
  Verdict judge(Results results) {
    return Verdict.of(this, results);
  }
}
