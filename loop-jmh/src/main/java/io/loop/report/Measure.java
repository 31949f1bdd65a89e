package io.loop.report;

import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;

/// A figure to look up in the results: a benchmark, its parameters and one of its figures.
///
/// @param benchmark the simple name of the class and the method, such as `TimerBenchmark.readClock`
/// @param params the parameters that matter, by name
/// @param figure the name of a secondary result; [#TIME] for the primary result
record Measure(String benchmark, SortedMap<String, String> params, String figure) {

  static final String TIME = "";

  /// The bytes that one operation allocates, as JMH's own profiler counts them.
  static final String ALLOCATED = "gc.alloc.rate.norm";

  static Measure of(String benchmark) {
    return new Measure(benchmark, new TreeMap<>(), TIME);
  }

  Measure with(String param, Object value) {
    var more = new TreeMap<>(params);
    more.put(param, value.toString());
    return new Measure(benchmark, more, figure);
  }

  Measure figure(String name) {
    return new Measure(benchmark, params, name);
  }

  /// {@return the processor time of the server, or of the process}
  Measure cpu() {
    return figure("cpu");
  }

  /// {@return the memory that one operation leaves on the heap}
  Measure heap() {
    return figure("heap");
  }

  /// {@return the same benchmark's own figure}
  Measure time() {
    return figure(TIME);
  }

  /// {@return the name of the method}
  String method() {
    return benchmark.substring(benchmark.indexOf('.') + 1);
  }

  /// {@return whether a result with these parameters belongs to this measure} A parameter that the
  /// benchmark does not have is ignored.
  boolean matches(String fullName, Map<String, String> itsParams) {
    return fullName.endsWith("." + benchmark)
        && params.entrySet().stream()
            .allMatch(param ->
                itsParams.getOrDefault(param.getKey(), param.getValue()).equals(param.getValue()));
  }

  /// {@return the difference between this measure and another of the same class, in few words: the
  /// method and the parameters, or the name of the figure if these are equal}
  String besides(Measure other) {
    var words = new StringJoiner(" ");
    if (!method().equals(other.method())) {
      words.add(method());
    }
    params.forEach((name, value) -> {
      if (!value.equals(other.params.get(name))) {
        words.add(name + "=" + value);
      }
    });
    return words.length() == 0 ? figure : words.toString();
  }

  /// {@return the benchmark and its parameters, as text}
  @Override
  public String toString() {
    var words = new StringJoiner(" ").add(benchmark);
    params.forEach((name, value) -> words.add(name + "=" + value));
    return words.toString();
  }
}
