package io.loop.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleUnaryOperator;
import java.util.stream.Stream;

/// The data of a plot: some benchmarks, each with several values of one parameter.
///
/// @param file the name of its file
/// @param title what it shows
/// @param param the parameter on the x axis
/// @param values its values
/// @param xLabel the label of the x axis
/// @param yLabel what the y axis measures, with its unit
/// @param scale converts the nanoseconds of one operation
/// @param curves the benchmarks
record Graph(
    String file,
    String title,
    String param,
    List<Integer> values,
    String xLabel,
    String yLabel,
    DoubleUnaryOperator scale,
    List<Curve> curves) {

  /// One line of the plot.
  ///
  /// @param label its name
  /// @param dashed whether it is a second line of the colour of the one before
  /// @param measure the measure, without the parameter on the x axis
  record Curve(String label, boolean dashed, Measure measure) {}

  /// {@return all plots}
  static List<Graph> all() {
    return List.of(steps(), timers(), echo());
  }

  private static Graph steps() {
    return new Graph(
        "steps.svg",
        "A step of a task",
        "tasks",
        List.of(1, 10, 100, 1000, 10_000, 100_000),
        "tasks that take steps in turn",
        "ns per step",
        DoubleUnaryOperator.identity(),
        curves("TaskStepBenchmark", "sleepZero", "bareParkUnpark", "jdkYield"));
  }

  private static Graph timers() {
    List<Curve> curves = new ArrayList<>();
    for (String whose : List.of("loop", "netty", "hashedWheel")) {
      String name = "TimerBenchmark." + whose;
      curves.add(new Curve(whose + "ScheduleCancel", false, Measure.of(name + "ScheduleCancel")));
      curves.add(new Curve(whose + "CancelOldest", true, Measure.of(name + "CancelOldest")));
    }
    return new Graph(
        "timers.svg",
        "A timer that is cancelled: itself at once, or the oldest",
        "outstanding",
        List.of(0, 1000, 1_000_000),
        "timers outstanding",
        "ns to schedule one and cancel one",
        DoubleUnaryOperator.identity(),
        curves);
  }

  private static Graph echo() {
    List<Curve> curves =
        curves("EchoBenchmark", "streams", "channel", "rawNetty", "blockingVirtualThreads");
    return new Graph(
        "echo.svg",
        "Echo of 64 bytes over 127.0.0.1, " + Budgets.transport(),
        "connections",
        List.of(1, 64, 1000, 10_000),
        "connections",
        "round trips per second",
        nanos -> 1e9 / nanos,
        curves.stream().map(Graph::asEcho).toList());
  }

  private static Curve asEcho(Curve curve) {
    Measure measure =
        curve
            .measure()
            .with("transport", Budgets.transport())
            .with("size", 64)
            .with("inFlight", 1)
            .figure("wall");
    return new Curve(curve.label(), curve.dashed(), measure);
  }

  private static List<Curve> curves(String type, String... methods) {
    return Arrays.stream(methods)
        .map(method -> new Curve(method, false, Measure.of(type + "." + method)))
        .toList();
  }

  /// {@return all measures that it needs}
  Stream<Measure> measures() {
    return curves.stream()
        .flatMap(curve -> values.stream().map(value -> curve.measure().with(param, value)));
  }

  /// {@return the plot of these results} Missing results are left out.
  Plot plot(Results results) {
    List<Plot.Line> lines =
        curves.stream()
            .map(curve -> new Plot.Line(curve.label(), curve.dashed(), points(curve, results)))
            .toList();
    return new Plot(title, xLabel, yLabel, lines);
  }

  /// {@return whether every line has at least two points}
  boolean isIn(Results results) {
    return curves.stream().allMatch(curve -> points(curve, results).size() > 1);
  }

  private List<Plot.Point> points(Curve curve, Results results) {
    return values.stream()
        .flatMap(value ->
            results
                .find(curve.measure().with(param, value))
                .map(sample -> new Plot.Point(value, scale.applyAsDouble(sample.median())))
                .stream())
        .toList();
  }
}
