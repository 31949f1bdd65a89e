package io.loop.report;

import io.loop.report.Results.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The rows with their figures, the machine and the method, for the documentation.
final class Markdown {

  private static final String READING =
      """
      A figure is for one operation: the median of the forks' medians, and in brackets the smallest and the largest iteration of all forks.
      A ratio is Loop's median ÷ the peer's. A difference smaller than these brackets is noise. Figures of different days are not comparable: compare the two sides of a row.
      `met` and `MISSED` say whether the budget holds, `reported` that there is no budget, and `not run` that a figure is missing.
      """;

  private final Results results;
  private final List<Verdict> verdicts;
  private final StringBuilder text = new StringBuilder();

  private Markdown(Results results, List<Verdict> verdicts) {
    this.results = results;
    this.verdicts = verdicts;
  }

  /// {@return the report}
  ///
  /// @param machine the machine it was measured on, if known
  /// @param plots the names of the plots' files, next to the report
  static String of(
      Optional<Machine> machine, Results results, List<Verdict> verdicts, List<String> plots) {
    var report = new Markdown(results, verdicts);
    machine.ifPresent(it -> report.line("Machine: " + it.describe() + ".").line(""));
    report.method();
    report.line(READING);
    report.line("Summary: " + new Table(verdicts).summary() + ".");
    verdicts.stream().map(it -> it.budget().section()).distinct().forEach(report::section);
    plots.forEach(name -> report.line("").line("![" + name + "](" + name + ")"));
    return report.text.toString();
  }

  private Markdown line(String line) {
    text.append(line).append('\n');
    return this;
  }

  /// Describes how most benchmarks are measured; the classes of the others describe their method.
  private void method() {
    mostFrequent(run -> run.repeats() ? times(run) : null)
        .ifPresent(times -> line("Method: " + times + ".").line(""));
    mostFrequent(run -> run.jvmArgs() == null ? null : flags(run.jvmArgs()))
        .ifPresent(flags -> line("Flags: `" + flags + "`.").line(""));
  }

  /// The flags of the class and those of the JVM that started it may be the same.
  private static String flags(List<String> args) {
    return args.stream().distinct().collect(Collectors.joining(" "));
  }

  private static String times(Run run) {
    return "%d forks of each benchmark; in each fork, %d warm-up iterations of %s, then %d measured iterations of %s"
        .formatted(
            run.forks(),
            run.warmupIterations(),
            run.warmupTime(),
            run.measurementIterations(),
            run.measurementTime());
  }

  private Optional<String> mostFrequent(Function<Run, @Nullable String> property) {
    return results.runs().stream()
        .map(property)
        .filter(Objects::nonNull)
        .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()))
        .entrySet()
        .stream()
        .max(Map.Entry.comparingByValue())
        .map(Map.Entry::getKey);
  }

  private void section(String section) {
    line("").line("### " + section).line("");
    line("| work | ours | | peer | ratio | budget | |").line("|---|---|---|---|---|---|---|");
    List<Verdict> rows =
        verdicts.stream().filter(it -> it.budget().section().equals(section)).toList();
    for (Verdict verdict : rows) {
      Table.cells(verdict).forEach(cells -> line(row(verdict, cells)));
    }
    notes(rows).forEach(note -> line("").line(note));
  }

  private static String row(Verdict verdict, List<String> cells) {
    var all = new ArrayList<>(cells);
    all.add(1, "`" + verdict.budget().ours().method() + "`");
    return all.stream().collect(Collectors.joining(" | ", "| ", " |"));
  }

  private static Stream<String> notes(List<Verdict> rows) {
    return rows.stream()
        .filter(it -> it.mark() == Mark.MISSED && !it.budget().note().isEmpty())
        .map(it -> "Missed, " + it.budget().work() + ": " + it.budget().note())
        .distinct();
  }
}
