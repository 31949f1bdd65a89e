package io.loop.report;

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
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

  private static final String HISTOGRAMS = "sample"; // this mode has no values of iterations

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

    /// {@return a figure; null if the benchmark does not have it}
    @Nullable Metric metric(String figure) {
      return figure.equals(Measure.TIME) ? primaryMetric : secondaryMetrics.get(figure);
    }

    private boolean is(Measure measure) {
      return measure.matches(benchmark, parameters());
    }

    /// {@return the parameters; none if the benchmark has none}
    Map<String, String> parameters() {
      return params == null ? Map.of() : params;
    }

    /// {@return the simple name of the class and the method}
    String simpleName() {
      return benchmark.replaceFirst("^.*\\.(?=[^.]+\\.[^.]+$)", "");
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
      var results = new Results(runs == null ? List.of() : Arrays.asList(runs));
      if (results.runs().stream().anyMatch(run -> run.mode().equals(HISTOGRAMS))) {
        throw new IOException(json + " has results of -bm sample, which are histograms");
      }
      return results;
    } catch (JsonParseException e) {
      throw new IOException(json + " is not what JMH writes with -rf json", e);
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
