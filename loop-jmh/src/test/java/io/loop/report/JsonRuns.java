package io.loop.report;

import com.google.gson.Gson;
import io.loop.report.Results.Metric;
import io.loop.report.Results.Run;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// Makes results as JMH would write them.
final class JsonRuns {

  private final List<Run> runs = new ArrayList<>();

  /// Adds a run of one fork with three iterations: the figure, one below and one above.
  JsonRuns add(Measure measure, double value) {
    Metric figure = metric("ns/op", value - 1, value, value + 1);
    return add(measure, value, Map.of(measure.figure(), figure));
  }

  JsonRuns add(Measure measure, double nanos, Map<String, Metric> figures) {
    Metric time = metric("ns/op", nanos - 1, nanos, nanos + 1);
    runs.add(
        new Run(
            "io.loop.any." + measure.benchmark(),
            "avgt",
            1,
            List.of("-Xmx1g"),
            3,
            "300 ms",
            5,
            "200 ms",
            measure.params(),
            time,
            figures));
    return this;
  }

  static Metric metric(String unit, Double... iterations) {
    return new Metric(unit, List.of(List.of(iterations)));
  }

  Results results() {
    return new Results(runs);
  }

  String json() {
    return new Gson().toJson(runs);
  }
}
