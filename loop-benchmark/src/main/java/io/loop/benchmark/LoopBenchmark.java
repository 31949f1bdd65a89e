package io.loop.benchmark;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Warmup;

/// The settings of a benchmark of coroutines, to extend: the time of one operation in nanoseconds,
/// in three JVMs one after the other, with 5 warm-up iterations of 500 ms and 10 of 200 ms.
///
/// The flags open the JDK to the loop carrier, because a fork does not read the jar's manifest. The
/// JDK's own scheduler gets one carrier thread, because a loop has one thread too. The heap is
/// touched before anything runs: otherwise each allocation would pay for the first use of a page,
/// which costs ten times what is measured. The benchmark's thread is of Netty's class
/// ([FastThreads]).
///
/// Each annotation can be replaced in the subclass or at one method. A `@Fork` replaces all flags
/// here, and so does JMH's option `-jvmArgsAppend` but for those of the heap: repeat those that you
/// need. [OneLoop] fails without the first. The option `-jvmArgs` adds flags, and `-f` changes the
/// number of JVMs.
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 500, timeUnit = TimeUnit.MILLISECONDS)
@Measurement(iterations = 10, time = 200, timeUnit = TimeUnit.MILLISECONDS)
@Fork(
    value = 3,
    jvmArgsPrepend = {
      "-Xms1g",
      "-Xmx1g",
      "-XX:+AlwaysPreTouch",
      "-XX:+UseTransparentHugePages",
    },
    jvmArgsAppend = {
      "--add-opens=java.base/java.lang=ALL-UNNAMED",
      "--enable-native-access=ALL-UNNAMED",
      "--sun-misc-unsafe-memory-access=allow",
      "-Dio.loop.carrier=loop",
      "-Djdk.virtualThreadScheduler.parallelism=1",
      "-Djdk.virtualThreadScheduler.maxPoolSize=1",
      "-Djmh.executor=CUSTOM",
      "-Djmh.executor.class=io.loop.benchmark.FastThreads",
    })
public abstract class LoopBenchmark {

  /// For subclasses.
  protected LoopBenchmark() {}
}
