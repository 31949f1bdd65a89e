package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.report.Results.Metric;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ComparingTest {

  private static final Measure HOP = Measure.of("HopBenchmark.hop");

  @Test
  void verdict_sameFigures_isNoise() {
    assertThat(times(forks(100, 101, 102), forks(101, 100, 103)).verdict()).isEqualTo("noise");
  }

  @Test
  void verdict_allForksAndIterationsApart_isADirection() {
    assertThat(times(forks(100, 101, 102), forks(120, 121, 122)).verdict()).isEqualTo("worse");
    assertThat(times(forks(120, 121, 122), forks(100, 101, 102)).verdict()).isEqualTo("better");
  }

  @Test
  void verdict_forksApartAndIterationsNot_isLikely() {
    assertThat(times(forks(100, 101, 102), forks(103, 104, 105)).verdict())
        .isEqualTo("likely worse");
  }

  @Test
  void verdict_fewForks_isNeverADirection() {
    assertThat(times(forks(100, 101), forks(120, 121)).verdict()).isEqualTo("too few forks");
    assertThat(times(forks(100), forks(101.5)).verdict()).isEqualTo("noise");
  }

  @Test
  void verdict_lessThanAPercentOrAByte_isNoise() {
    assertThat(times(forks(1000, 1000.1), forks(1005, 1005.1)).verdict()).isEqualTo("noise");
    assertThat(bytes(0.001, 0.003).verdict()).isEqualTo("noise");
    assertThat(bytes(64, 72).verdict()).isEqualTo("worse");
    assertThat(bytes(0, 0).verdict()).isEqualTo("noise");
    assertThat(bytes(0, 24).verdict()).isEqualTo("worse");
  }

  @Test
  void verdict_throughput_moreIsBetter() {
    Change change =
        Change.of(
            "hop",
            new Metric("ops/s", forks(100, 101, 102)),
            new Metric("ops/s", forks(120, 121, 122)),
            false);

    assertThat(change.verdict()).isEqualTo("better");
  }

  @Test
  void toString_twoRuns_hasRatiosWithNoiseAndTheBytes() {
    var bytes = Map.of(Measure.ALLOCATED, JsonRuns.metric("B/op", 64.0));
    Results a = new JsonRuns().add(HOP.with("tasks", 1), 100, bytes).results();
    Results b = new JsonRuns().add(HOP.with("tasks", 1), 150, bytes).results();

    assertThat(new Comparing(a, b, List.of(Measure.ALLOCATED)).toString())
        .isEqualTo(
            """
              benchmark                A                   B                   B ÷ A  of forks   of iterations
              HopBenchmark.hop         100 ns (99.0–101)   150 ns (149–151)    1.50   1.50–1.50  1.48–1.53      too few forks
              HopBenchmark.hop, bytes  64.0 B (64.0–64.0)  64.0 B (64.0–64.0)  1.00   1.00–1.00  1.00–1.00      noise

            """);
  }

  @Test
  void toString_differentBenchmarks_namesThoseOfOneSideAndTheParametersThatTell() {
    Results a =
        new JsonRuns()
            .add(HOP.with("tasks", 1).with("x", 0), 1)
            .add(HOP.with("tasks", 2).with("x", 0), 2)
            .add(Measure.of("OldBenchmark.old"), 3)
            .results();
    Results b =
        new JsonRuns()
            .add(HOP.with("tasks", 1).with("x", 0), 1)
            .add(HOP.with("tasks", 2).with("x", 0), 2)
            .add(HOP.with("tasks", 3).with("x", 0), 3)
            .results();

    assertThat(new Comparing(a, b, List.of()).toString())
        .contains("HopBenchmark.hop tasks=1  ", "HopBenchmark.hop tasks=2  ")
        .contains(
            "\nonly in A: OldBenchmark.old\n", "\nonly in B: HopBenchmark.hop {tasks=3, x=0}\n");
  }

  private static Change times(List<List<Double>> a, List<List<Double>> b) {
    return Change.of("hop", new Metric("ns/op", a), new Metric("ns/op", b), true);
  }

  private static Change bytes(double a, double b) {
    return Change.of("hop", new Metric("B/op", flat(a)), new Metric("B/op", flat(b)), true);
  }

  private static List<List<Double>> flat(double value) {
    return List.of(List.of(value), List.of(value), List.of(value));
  }

  /// {@return forks with these medians, of three iterations up to 2 away}
  private static List<List<Double>> forks(double... medians) {
    List<List<Double>> forks = new ArrayList<>();
    for (double median : medians) {
      forks.add(List.of(median + 2, median, median - 2));
    }
    return forks;
  }
}
