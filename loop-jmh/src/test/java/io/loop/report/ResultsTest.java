package io.loop.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ResultsTest {

  private static final Measure STEP = Measure.of("StepBenchmark.step");

  @Test
  void sample_forksOfUnequalSpeed_isTheMedianOfTheirMedians() {
    var forks = List.of(List.of(1.0, 2.0, 9.0), List.of(5.0, 3.0), List.of(8.0, 8.0, 8.0));

    assertThat(Sample.of(forks, "ns/op")).isEqualTo(new Sample(4, 1, 9, "ns"));
  }

  @Test
  void brief_longTimes_areInALongerUnit() {
    assertThat(new Sample(1.234, 1, 2, "ns").full()).isEqualTo("1.23 ns (1.00–2.00)");
    assertThat(new Sample(9_876, 9_000, 12_000, "ns").full()).isEqualTo("9,876 ns (9,000–12,000)");
    assertThat(new Sample(98_765, 90_000, 120_000, "ns").full()).isEqualTo("98.8 µs (90.0–120)");
    assertThat(new Sample(300_000, 0, 0, "µs").brief()).isEqualTo("300 ms");
    assertThat(new Sample(30_000, 0, 0, "B").brief()).isEqualTo("30,000 B");
  }

  @Test
  void read_whatJmhWrites_findsByParamsAndFigure(@TempDir Path dir) throws IOException {
    var bytes = Map.of(Measure.ALLOCATED, JsonRuns.metric("B/op", 24.0));
    Path json = dir.resolve("results.json");
    Files.writeString(
        json,
        new JsonRuns()
            .add(STEP.with("tasks", 1).with("other", "x"), 10)
            .add(STEP.with("tasks", 1000).with("other", "x"), 20, bytes)
            .json());

    Results results = Results.read(json);

    assertThat(results.find(STEP.with("tasks", 1000))).hasValue(new Sample(20, 19, 21, "ns"));
    assertThat(results.find(STEP.with("tasks", 1000).figure(Measure.ALLOCATED)))
        .hasValue(new Sample(24, 24, 24, "B"));
    assertThat(results.find(STEP.with("tasks", 1000).with("absent", 1))).isPresent();
    assertThat(results.find(STEP.with("tasks", 1).figure(Measure.ALLOCATED))).isEmpty();
    assertThat(results.find(STEP.with("tasks", 7))).isEmpty();
    assertThat(results.find(Measure.of("StepBenchmark.ste"))).isEmpty();
    assertThat(results.find(Measure.of("Benchmark.step"))).isEmpty();
  }

  @Test
  void machine_writtenAndRead_isTheSame(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("machine.json");
    Machine here = Machine.here("quick");

    here.write(file);

    assertThat(Machine.read(file)).hasValue(here);
    assertThat(Machine.read(dir.resolve("absent.json"))).isEmpty();
    assertThat(here.describe()).contains("cores", "Netty 4");
  }
}
