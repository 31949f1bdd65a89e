package bench;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.sync.Queue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.infra.Blackhole;

public class HopBenchmark extends LoopBenchmark {

  /** One operation: a task puts a message into a full queue, and another one takes it. */
  @Benchmark
  @OperationsPerInvocation(1_000)
  public void hop(OneLoop loop, Blackhole results) {
    var queue = new Queue<Integer>(1);
    loop.run(() -> {
      Asyncio.createTask(() -> {
        for (int i = 0; i < 1_000; i++) queue.put(i);
      });
      for (int i = 0; i < 1_000; i++) results.consume(queue.get());
    });
  }
}
