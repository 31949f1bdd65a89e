package io.loop.report;

import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/// The figures that a benchmark measures in addition to its time: bytes on the heap, processor time
/// of a server, a latency percentile.
///
/// A benchmark sets figures during an iteration; [FiguresProfiler] passes them to JMH at its end,
/// as secondary results. Any thread of the forked JVM.
public final class Figures {

  record Figure(double value, String unit) {}

  private static final Map<String, Figure> SET = new ConcurrentSkipListMap<>();

  private Figures() {}

  /// Sets a figure of the current iteration.
  ///
  /// @param name its name among the secondary results of the benchmark
  /// @param value its value; a later one replaces it
  /// @param unit its unit, such as `ns/op` or `B`
  public static void set(String name, double value, String unit) {
    SET.put(name, new Figure(value, unit));
  }

  /// {@return the middle value, or the mean of the two in the middle}
  ///
  /// @param values at least one
  public static double median(double... values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /// {@return the figures that were set since the last call}
  static Map<String, Figure> take() {
    Map<String, Figure> taken = Map.copyOf(SET);
    SET.clear();
    return taken;
  }
}
