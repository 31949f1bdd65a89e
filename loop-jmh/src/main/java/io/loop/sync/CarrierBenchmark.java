package io.loop.sync;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.infra.Blackhole;

/// The cost of starting a program without `--add-opens`: the same bodies on both carriers.
///
/// The portable carrier runs with the JDK's default scheduler, as in a program.
public class CarrierBenchmark extends LoopBenchmark {

  private static final int TASKS = 1_000;

  /// One operation: a message from one task to another, as [QueueBenchmark#pingPong].
  @Benchmark
  @OperationsPerInvocation(QueueBenchmark.MESSAGES)
  public void hopOnLoop(OneLoop loop, Blackhole results) {
    new QueueBenchmark().pingPong(loop, results);
  }

  /// The same on the portable carrier.
  @Benchmark
  @OperationsPerInvocation(QueueBenchmark.MESSAGES)
  @Fork(jvmArgsAppend = {"--sun-misc-unsafe-memory-access=allow", "-Dio.loop.carrier=portable"})
  public void hopOnPortable(OneLoop loop, Blackhole results) {
    new QueueBenchmark().pingPong(loop, results);
  }

  /// One operation: a task is created, runs and is awaited. Its body does nothing.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void taskOnLoop(OneLoop loop, Blackhole results) {
    awaitTasks(loop, results);
  }

  /// The same on the portable carrier.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  @Fork(jvmArgsAppend = {"--sun-misc-unsafe-memory-access=allow", "-Dio.loop.carrier=portable"})
  public void taskOnPortable(OneLoop loop, Blackhole results) {
    awaitTasks(loop, results);
  }

  private static void awaitTasks(OneLoop loop, Blackhole results) {
    loop.run(() -> {
      for (int i = 0; i < TASKS; i++) {
        results.consume(Asyncio.createTask(() -> {}).await());
      }
    });
  }
}
