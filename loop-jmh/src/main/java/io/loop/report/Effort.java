package io.loop.report;

import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// How long each benchmark is measured.
///
/// @param forks the number of JVMs, one after the other
/// @param warmups warm-up iterations in each of them, which are discarded
/// @param warmupMillis the length of a warm-up iteration
/// @param iterations iterations that count
/// @param iterationMillis the length of a counted iteration
/// @param shots iterations that count if an iteration is a single shot
record Effort(
    int forks, int warmups, int warmupMillis, int iterations, int iterationMillis, int shots) {

  static final Effort QUICK = new Effort(1, 3, 300, 5, 200, 1);
  static final Effort FULL = new Effort(5, 5, 500, 10, 200, 3);

  Effort withForks(int number) {
    return new Effort(number, warmups, warmupMillis, iterations, iterationMillis, shots);
  }

  /// Sets how often a benchmark runs. A single-shot benchmark sets its number of warm-ups itself.
  void apply(ChainedOptionsBuilder options, boolean singleShot) {
    options.forks(forks);
    if (singleShot) {
      options.measurementIterations(shots);
    } else {
      options
          .warmupIterations(warmups)
          .warmupTime(TimeValue.milliseconds(warmupMillis))
          .measurementIterations(iterations)
          .measurementTime(TimeValue.milliseconds(iterationMillis));
    }
  }
}
