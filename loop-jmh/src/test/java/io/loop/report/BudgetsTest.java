package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkListEntry;

class BudgetsTest {

  private static Stream<Measure> measures() {
    return Stream.concat(
        Budgets.full().stream().flatMap(Budget::measures),
        Graph.all().stream().flatMap(Graph::measures));
  }

  @Test
  void measures_allOfThem_areBenchmarksOfTheClassPath() {
    Map<String, BenchmarkListEntry> known = Measuring.benchmarks();
    var missing = new TreeSet<String>();

    measures()
        .map(Measure::benchmark)
        .filter(name -> !known.containsKey(name))
        .forEach(missing::add);

    assertThat(missing).isEmpty();
  }

  @Test
  void measures_allOfThem_nameParametersThatTheBenchmarkHas() {
    Map<String, BenchmarkListEntry> known = Measuring.benchmarks();
    var unknown = new TreeSet<String>();

    measures()
        .forEach(measure -> {
          BenchmarkListEntry entry = known.get(measure.benchmark());
          if (entry != null) {
            var names = new TreeSet<>(measure.params().keySet());
            names.removeAll(entry.getParams().orElse(Map.of()).keySet());
            names.forEach(name -> unknown.add(measure.benchmark() + " " + name));
          }
        });

    assertThat(unknown).isEmpty();
  }

  @Test
  void quick_rows_haveALimitOrComeForFree() {
    List<Budget> quick = Budgets.quick();

    List<Measure> limited =
        quick.stream()
            .filter(Budget::hasLimit)
            .flatMap(Budget::measures)
            .map(Measure::time)
            .toList();
    assertThat(quick.stream().flatMap(Budget::measures).map(Measure::time)).isSubsetOf(limited);
    assertThat(quick).hasSizeLessThan(Budgets.full().size());
  }

  @Test
  void quick_budgets_leaveNoneOfTheDesignOut() {
    assertThat(Budgets.quick())
        .containsAll(Budgets.full().stream().filter(row -> row.hasLimit() && row.quick()).toList());
  }

  @Test
  void quick_rowsOfOtherLibraries_areLeftOut() {
    assertThat(Budgets.full()).anyMatch(BudgetsTest::isOfOtherLibraries);
    assertThat(Budgets.quick()).noneMatch(BudgetsTest::isOfOtherLibraries);
  }

  private static boolean isOfOtherLibraries(Budget row) {
    return row.section().equals("Echo, other libraries");
  }

  @Test
  void isAbout_headingOrBenchmark_isFoundByEither() {
    Budget row = Budget.of("work", Measure.of("EchoBenchmark.streams")).under("Echo, other");

    assertThat(row.isAbout(Pattern.compile("other"))).isTrue();
    assertThat(row.isAbout(Pattern.compile("Echo.*streams"))).isTrue();
    assertThat(row.isAbout(Pattern.compile("work|Timer"))).isFalse();
  }
}
