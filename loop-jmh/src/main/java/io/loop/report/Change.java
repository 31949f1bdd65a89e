package io.loop.report;

import io.loop.report.Results.Metric;
import java.util.List;

/// A figure in two runs, B against A.
///
/// @param work the benchmark and the figure
/// @param a the figure in the first run
/// @param b the figure in the second run
/// @param forks the range of B ÷ A over the forks' medians
/// @param iterations the range of B ÷ A over all iterations
/// @param enoughForks whether both have the forks that a judgement needs
/// @param lessIsBetter whether it is a time or a size, and not a throughput
record Change(
    String work,
    Sample a,
    Sample b,
    Spread forks,
    Spread iterations,
    boolean enoughForks,
    boolean lessIsBetter) {

  /*
   * The forks are what can be compared: the iterations of a fork share what the compiler decided and
   * where objects lie, so they differ less than two forks do. When A and B are the same, all of 3
   * forks of one are above all of the other in one of 10 comparisons, and of 5 in one of 126.
   */

  private static final int ENOUGH_FORKS = 3;
  private static final double SMALL = 0.01;
  private static final double ONE_BYTE =
      1; // JMH's own work is in the figure too, a fraction of one

  static Change of(String work, Metric a, Metric b, boolean lessIsBetter) {
    return new Change(
        work,
        Sample.of(a.rawData(), a.scoreUnit()),
        Sample.of(b.rawData(), b.scoreUnit()),
        forks(b).dividedBy(forks(a)),
        iterations(b).dividedBy(iterations(a)),
        Math.min(a.rawData().size(), b.rawData().size()) >= ENOUGH_FORKS,
        lessIsBetter);
  }

  private static Spread forks(Metric metric) {
    return Spread.of(metric.rawData().stream().mapToDouble(Sample::median));
  }

  private static Spread iterations(Metric metric) {
    return Spread.of(
        metric.rawData().stream().flatMap(List::stream).mapToDouble(Double::doubleValue));
  }

  double ratio() {
    return b.median() / a.median();
  }

  /// {@return what the ratio says, in a word or two}
  String verdict() {
    boolean apart = !iterations.contains(1);
    if (isSmall() || forks.contains(1) || (!enoughForks && !apart)) {
      return "noise";
    }
    if (!enoughForks) {
      return "too few forks";
    }
    String direction = ratio() < 1 == lessIsBetter ? "better" : "worse";
    return apart ? direction : "likely " + direction;
  }

  private boolean isSmall() {
    double difference = Math.abs(b.median() - a.median());
    return difference <= SMALL * a.median() || (a.unit().equals("B") && difference < ONE_BYTE);
  }

  /// {@return the cells of [Comparing#HEAD]}
  List<String> cells() {
    return List.of(
        work,
        a.full(),
        b.full(),
        Sample.decimals(ratio()),
        forks.toString(),
        iterations.toString(),
        verdict());
  }
}
