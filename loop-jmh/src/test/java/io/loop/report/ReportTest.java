package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReportTest {

  @TempDir Path dir;

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();

  private int run(String... args) {
    return Report.run(new PrintStream(printed, true, StandardCharsets.UTF_8), args);
  }

  private String output() {
    return printed.toString(StandardCharsets.UTF_8);
  }

  private Path results(String name, JsonRuns runs) throws IOException {
    return Files.writeString(dir.resolve(name), runs.json());
  }

  @Test
  void run_help_printsTheUsage() {
    assertThat(run("help")).isZero();
    assertThat(output()).contains("Usage: loop-jmh/run", "--only", "compare");
  }

  @Test
  void run_helpOfCompare_saysHowToReadIt() {
    assertThat(run("help", "compare")).isZero();
    assertThat(output()).contains("A.json B.json", "--figure", "too few forks");
  }

  @Test
  void run_nothingMatches_measuresNothing() {
    assertThat(run("quick", "--only=NoSuchThing", "--out", dir.toString())).isEqualTo(2);
    assertThat(output()).isEmpty();
    assertThat(dir.resolve("results.json")).doesNotExist();
  }

  @Test
  @Tag("slow")
  void run_benchmarkWithoutABudgetInAnyCase_isMeasuredAndPrinted() {
    assertThat(run("quick", "--only=HOPONLOOP", "--out", dir.toString())).isZero();
    assertThat(output())
        .contains("[1/1] CarrierBenchmark.hopOnLoop … ", "Without a budget", "2 reported");
  }

  @Test
  void run_reportOfAnotherProject_printsItsFiguresOnly() throws IOException {
    Path json = results("mine.json", new JsonRuns().add(Measure.of("MyBenchmark.hop"), 240));

    assertThat(run("report", json.toString(), "--out", dir.toString())).isZero();

    assertThat(output())
        .contains("Without a budget", "MyBenchmark.hop  240 ns (239–241)", "1 reported")
        .doesNotContain("not run");
    assertThat(dir.resolve("report.md")).content().contains("| MyBenchmark.hop | `hop` | 240 ns");
  }

  @ParameterizedTest
  @ValueSource(strings = {"report nofile.json", "compare nofile.json nofile.json"})
  void run_missingFile_isNamed(String command) {
    var errors = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    try {
      assertThat(run(command.split(" "))).isEqualTo(1);
    } finally {
      System.setErr(before);
    }

    assertThat(errors.toString(StandardCharsets.UTF_8))
        .isEqualToIgnoringNewLines("There is no file nofile.json");
    assertThat(output()).isEmpty();
  }

  @Test
  void run_compare_printsTheRatio() throws IOException {
    Path a = results("a.json", new JsonRuns().add(Measure.of("MyBenchmark.hop"), 200));
    Path b = results("b.json", new JsonRuns().add(Measure.of("MyBenchmark.hop"), 300));

    assertThat(run("compare", a.toString(), b.toString())).isZero();

    assertThat(output()).contains("A: " + a, "B: " + b, "MyBenchmark.hop", " 1.50 ");
  }

  @Test
  void unbudgeted_benchmarksOfTheProject_haveNoBudgetAndNoPlot() {
    var names = Measuring.benchmarks().keySet();

    assertThat(Unbudgeted.measures(names))
        .contains(Measure.of("CarrierBenchmark.hopOnLoop"))
        .doesNotContain(Measure.of("TaskStepBenchmark.sleepZero"))
        .doesNotContain(Measure.of("TimerBenchmark.nettyCancelOldest"));
  }
}
