package io.loop.report;

import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

/// How long each benchmark is measured.
///
/// @param forks JVMs, one after the other
/// @param warmups iterations that are thrown away, in each of them
/// @param warmupMillis how long one of these is
/// @param iterations iterations that count
/// @param iterationMillis how long one of these is
record Effort(int forks, int warmups, int warmupMillis, int iterations, int iterationMillis) {

  static final Effort QUICK = new Effort(1, 3, 300, 5, 200);
  static final Effort FULL = new Effort(5, 5, 500, 10, 200);

  Effort withForks(int number) {
    return new Effort(number, warmups, warmupMillis, iterations, iterationMillis);
  }

  /// Sets how often a benchmark runs. One that is a single shot knows itself how many it takes.
  void apply(ChainedOptionsBuilder options, boolean singleShot) {
    options.forks(forks);
    if (!singleShot) {
      options
          .warmupIterations(warmups)
          .warmupTime(TimeValue.milliseconds(warmupMillis))
          .measurementIterations(iterations)
          .measurementTime(TimeValue.milliseconds(iterationMillis));
    }
  }
}
