package io.loop.report;

import com.google.gson.Gson;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The results of a run, read from the JSON that JMH writes.
///
/// @param runs each benchmark with one set of parameters
record Results(List<Run> runs) {

  /// One benchmark with one set of parameters: the fields of JMH's JSON that matter here.
  record Run(
      String benchmark,
      String mode,
      int forks,
      @Nullable List<String> jvmArgs,
      int warmupIterations,
      String warmupTime,
      int measurementIterations,
      String measurementTime,
      @Nullable Map<String, String> params,
      Metric primaryMetric,
      Map<String, Metric> secondaryMetrics) {

    private @Nullable Metric metric(String figure) {
      return figure.equals(Measure.TIME) ? primaryMetric : secondaryMetrics.get(figure);
    }

    private boolean is(Measure measure) {
      return measure.matches(benchmark, params == null ? Map.of() : params);
    }

    boolean repeats() {
      return !mode.equals("ss");
    }
  }

  /// The values of each iteration of each fork.
  record Metric(String scoreUnit, List<List<Double>> rawData) {}

  static Results read(Path json) throws IOException {
    try (var in = Files.newBufferedReader(json)) {
      Run[] runs = new Gson().fromJson(in, Run[].class);
      return new Results(runs == null ? List.of() : Arrays.asList(runs));
    }
  }

  /// {@return the figure, if the benchmark ran and has it}
  Optional<Sample> find(Measure measure) {
    return runs.stream()
        .filter(run -> run.is(measure))
        .flatMap(run -> Optional.ofNullable(run.metric(measure.figure())).stream())
        .findFirst()
        .map(metric -> Sample.of(metric.rawData(), metric.scoreUnit()));
  }
}
