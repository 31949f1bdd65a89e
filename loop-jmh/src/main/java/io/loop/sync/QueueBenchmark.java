package io.loop.sync;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.scope.TaskGroup;
import io.loop.task.Coro;
import io.loop.task.JdkThreads;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedTransferQueue;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/// The cost of passing an item from one task to another through a queue.
///
/// In the ping-pong benchmarks no receiver ever finds an item: each message is a suspension. In the
/// one-to-many benchmarks the queue is bounded, and the number of waits varies.
public class QueueBenchmark extends LoopBenchmark {

  static final int MESSAGES = 2_000;
  private static final int BOUND = 128;

  /// The number of consumers of one producer.
  @State(Scope.Thread)
  public static class Consumers {
    @Param({"1", "10", "100"})
    public int consumers;
  }

  /// One operation: a message from one task to another. Two tasks send one back and forth through
  /// two queues.
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public void pingPong(OneLoop loop, Blackhole results) {
    var there = new Queue<Object>();
    var back = new Queue<Object>();
    loop.run(() -> {
      var echo =
          Asyncio.createTask(() -> {
            for (int i = 0; i < MESSAGES / 2; i++) {
              back.put(there.get());
            }
          });
      for (int i = 0; i < MESSAGES / 2; i++) {
        there.put(this);
        results.consume(back.get());
      }
      echo.await();
    });
  }

  /// One operation: a message from one virtual thread to another. Two threads send one back and
  /// forth through two unbounded queues.
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public void jdkPingPong(Blackhole results) throws Exception {
    var there = new LinkedTransferQueue<Object>();
    var back = new LinkedTransferQueue<Object>();
    Coro.Action ping =
        () -> {
          for (int i = 0; i < MESSAGES / 2; i++) {
            there.put(this);
            results.consume(back.take());
          }
        };
    Coro.Action echo =
        () -> {
          for (int i = 0; i < MESSAGES / 2; i++) {
            back.put(there.take());
          }
        };
    JdkThreads.run(ping, echo);
  }

  /// One operation: an item from the producer task to one of the consumers, through a queue of at
  /// most 128.
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public void oneToMany(OneLoop loop, Consumers consumers, Blackhole results) {
    int each = MESSAGES / consumers.consumers;
    var queue = new Queue<Object>(BOUND);
    Coro.Action consumer =
        () -> {
          for (int i = 0; i < each; i++) {
            results.consume(queue.get());
          }
        };
    loop.run(() ->
        TaskGroup.run(group -> {
          for (int i = 0; i < consumers.consumers; i++) {
            group.createTask(consumer);
          }
          for (int i = 0; i < MESSAGES; i++) {
            queue.put(this);
          }
        }));
  }

  /// One operation: an item from the producer's virtual thread to one of the consumers', through an
  /// [ArrayBlockingQueue] of at most 128.
  @Benchmark
  @OperationsPerInvocation(MESSAGES)
  public void jdkOneToMany(Consumers consumers, Blackhole results) throws Exception {
    int each = MESSAGES / consumers.consumers;
    BlockingQueue<Object> queue = new ArrayBlockingQueue<>(BOUND);
    Coro.Action consumer =
        () -> {
          for (int i = 0; i < each; i++) {
            results.consume(queue.take());
          }
        };
    List<Coro.Action> bodies = new ArrayList<>(Collections.nCopies(consumers.consumers, consumer));
    bodies.add(() -> {
      for (int i = 0; i < MESSAGES; i++) {
        queue.put(this);
      }
    });
    JdkThreads.run(bodies.toArray(Coro.Action[]::new));
  }
}
