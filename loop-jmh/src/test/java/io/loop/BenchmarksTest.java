package io.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.CallSoonThreadsafeBenchmark;
import io.loop.event.TimerBenchmark;
import io.loop.netty.EchoBenchmark;
import io.loop.netty.IdleConnectionBenchmark;
import io.loop.sync.CarrierBenchmark;
import io.loop.sync.LockBenchmark;
import io.loop.sync.ManyWaitersBenchmark;
import io.loop.sync.QueueBenchmark;
import io.loop.task.FutureCallbackBenchmark;
import io.loop.task.ManySleepersBenchmark;
import io.loop.task.SpawnBenchmark;
import io.loop.task.TaskStepBenchmark;
import io.loop.task.TimeoutBenchmark;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

class BenchmarksTest {

  @ParameterizedTest
  @ValueSource(
      classes = {
        TaskStepBenchmark.class,
        SpawnBenchmark.class,
        FutureCallbackBenchmark.class,
        TimerBenchmark.class,
        QueueBenchmark.class,
        CarrierBenchmark.class,
        LockBenchmark.class,
        ManyWaitersBenchmark.class,
        TimeoutBenchmark.class,
        CallSoonThreadsafeBenchmark.class,
        ManySleepersBenchmark.class,
        EchoBenchmark.class,
        IdleConnectionBenchmark.class
      })
  @Tag("slow")
  @Timeout(value = 5, unit = TimeUnit.MINUTES) // the echo starts two JVMs for each method
  void benchmark_oneInvocationOfEachMethod_succeeds(Class<?> benchmark) throws RunnerException {
    var options =
        new OptionsBuilder()
            .include(benchmark.getName() + "\\.")
            .mode(Mode.SingleShotTime)
            .forks(0)
            .warmupIterations(0)
            .measurementIterations(1)
            .param("tasks", "1000")
            .param("outstanding", "1000")
            .param("timers", "1000")
            .param("consumers", "100")
            .param("producers", "8")
            .param("transport", "nio")
            .param("connections", "50")
            .param("waiting", "1000")
            .param("size", "64")
            .param("inFlight", "1")
            .param("messages", "200")
            .param("warmUps", "1")
            .param("rawTransport", "none")
            .param("memory", "-XX:+UseSerialGC -Xmx64m -XX:TieredStopAtLevel=1")
            .shouldFailOnError(true)
            .verbosity(VerboseMode.SILENT)
            .build();

    var results = new Runner(options).run();

    assertThat(results).hasSize(countBenchmarks(benchmark));
  }

  private static int countBenchmarks(Class<?> type) {
    Method[] methods = type.getDeclaredMethods();
    return (int) Arrays.stream(methods).filter(m -> m.isAnnotationPresent(Benchmark.class)).count();
  }
}
