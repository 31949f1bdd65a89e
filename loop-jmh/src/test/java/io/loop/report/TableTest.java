package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class TableTest {

  private static final Measure OURS = Measure.of("ABenchmark.ours").with("tasks", 1000);
  private static final Measure PEER = Measure.of("ABenchmark.peer").with("tasks", 1000);
  private static final Measure ONE = OURS.with("tasks", 1);

  private static final Results RESULTS =
      new JsonRuns().add(OURS, 50).add(PEER, 100).add(ONE, 25).results();

  private static final List<Verdict> VERDICTS =
      List.of(
          verdict(Budget.of("a step", OURS).atMost(0.4, PEER).note("The floor.")),
          verdict(Budget.of("a step", OURS).atMost(2, ONE)),
          verdict(Budget.of("another", ONE).atMost(10, "ns").atMost(1, PEER)));

  private static Verdict verdict(Budget budget) {
    return budget.under("Steps").judge(RESULTS);
  }

  @Test
  void toString_someRows_isAlignedAndSaysNothingTwice() {
    assertThat(new Table(VERDICTS).toString())
        .isEqualTo(
            """
              work     ours                 peer                    ratio  budget

            Steps
              a step   50.0 ns (49.0–51.0)  peer 100 ns             0.50   ≤ 0.4 ×     MISSED
                                            tasks=1 25.0 ns         2.00   ≤ 2 ×       met
              another  25.0 ns (24.0–26.0)                                 ≤ 10 ns or  met
                                            peer tasks=1000 100 ns  0.25   ≤ 1 ×

            2 met, 1 MISSED
            """);
  }

  @Test
  void of_someRows_hasATableAndANote() {
    String markdown = Markdown.of(Optional.empty(), RESULTS, VERDICTS, List.of("steps.svg"));

    assertThat(markdown.lines())
        .contains(
            "Flags: `-Xmx1g`.",
            "### Steps",
            "| a step | `ours` | 50.0 ns (49.0–51.0) | peer 100 ns | 0.50 | ≤ 0.4 × | MISSED |",
            "| another | `ours` | 25.0 ns (24.0–26.0) |  |  | ≤ 10 ns or | met |",
            "Missed, a step: The floor.",
            "![steps.svg](steps.svg)");
  }

  @Test
  void toString_budgetsOfTheProject_fitsATerminal() {
    var runs = new JsonRuns();
    Budgets.full().stream()
        .flatMap(Budget::measures)
        .distinct()
        .forEach(measure -> runs.add(measure, 9_999));

    List<Verdict> verdicts =
        Budgets.full().stream().map(budget -> budget.judge(runs.results())).toList();

    assertThat(new Table(verdicts).toString().lines())
        .allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(140));
  }
}
