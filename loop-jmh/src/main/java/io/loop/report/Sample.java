package io.loop.report;

import java.util.List;
import java.util.Locale;

/// A measured figure: the median and the range of the iterations.
///
/// @param median the median of the forks' medians
/// @param min the smallest iteration of all forks
/// @param max the largest one
/// @param unit the unit of one operation
record Sample(double median, double min, double max, String unit) {

  private static final double READABLE = 10_000;

  /// {@return the sample of the values of each iteration of each fork}
  ///
  /// @param forks the iterations of each fork, at least one of each
  /// @param unit the unit in JMH's form, such as `ns/op`
  static Sample of(List<List<Double>> forks, String unit) {
    double[] medians = forks.stream().mapToDouble(Sample::median).toArray();
    var all = forks.stream().flatMap(List::stream).mapToDouble(value -> value).summaryStatistics();
    return new Sample(Figures.median(medians), all.getMin(), all.getMax(), plain(unit));
  }

  /// {@return the median of the iterations of a fork}
  static double median(List<Double> values) {
    return Figures.median(values.stream().mapToDouble(value -> value).toArray());
  }

  private static String plain(String unit) {
    return unit.replace("/op", "").replace("us", "µs");
  }

  /// {@return the median with its unit} A long time is given in a longer unit.
  String brief() {
    Scale scale = Scale.of(median, unit);
    return scale.format(median) + " " + scale.unit();
  }

  /// {@return the median with its unit, and in brackets the smallest and the largest iteration}
  String full() {
    Scale scale = Scale.of(median, unit);
    return "%s (%s–%s)".formatted(brief(), scale.format(min), scale.format(max));
  }

  /// The unit in which a value is printed.
  private record Scale(double factor, String unit) {

    static Scale of(double value, String unit) {
      List<String> times = List.of("ns", "µs", "ms", "s");
      int at = times.indexOf(unit);
      double factor = 1;
      while (at >= 0 && at < times.size() - 1 && value * factor >= READABLE) {
        factor /= 1000;
        at++;
      }
      return new Scale(factor, at < 0 ? unit : times.get(at));
    }

    String format(double value) {
      return decimals(value * factor);
    }
  }

  /// {@return a number with three significant digits, or all digits before the decimal point}
  static String decimals(double value) {
    double size = Math.abs(value);
    int digits = size >= 100 ? 0 : size >= 10 ? 1 : 2;
    return String.format(Locale.ROOT, "%,." + digits + "f", value);
  }
}
