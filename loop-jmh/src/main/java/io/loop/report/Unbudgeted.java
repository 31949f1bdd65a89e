package io.loop.report;

import io.loop.report.Results.Run;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/// The benchmarks that are neither in a budget nor in a plot: ours that nothing limits, and those
/// of other projects.
final class Unbudgeted {

  private static final String SECTION = "Without a budget";

  private Unbudgeted() {}

  /// {@return those among some benchmarks, by name}
  ///
  /// @param benchmarks the simple names of the class and the method
  static Stream<Measure> measures(Set<String> benchmarks) {
    return benchmarks.stream().filter(isUnbudgeted()).sorted().map(Measure::of);
  }

  /// {@return a row for the time of each, and one for what it allocates, if that is known}
  static Stream<Budget> rows(Results results) {
    Predicate<String> isUnbudgeted = isUnbudgeted();
    return results.runs().stream()
        .filter(run -> isUnbudgeted.test(run.simpleName()))
        .flatMap(Unbudgeted::rows);
  }

  private static Stream<Budget> rows(Run run) {
    Measure time = Measure.of(run.simpleName());
    for (var param : run.parameters().entrySet()) {
      time = time.with(param.getKey(), param.getValue());
    }
    Stream<Budget> rows = Stream.of(Budget.of(time.toString(), time));
    if (run.metric(Measure.ALLOCATED) != null) {
      Budget bytes = Budget.of(time + ", bytes", time.figure(Measure.ALLOCATED));
      rows = Stream.concat(rows, Stream.of(bytes));
    }
    return rows.map(row -> row.under(SECTION));
  }

  private static Predicate<String> isUnbudgeted() {
    Stream<Measure> budgets =
        Stream.concat(Budgets.quick().stream(), Budgets.full().stream()).flatMap(Budget::measures);
    Stream<Measure> plots = Graph.all().stream().flatMap(Graph::measures);
    Set<String> known =
        Stream.concat(budgets, plots).map(Measure::benchmark).collect(Collectors.toSet());
    return benchmark -> !known.contains(benchmark);
  }
}
