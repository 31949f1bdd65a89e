package io.loop.task;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.coroutine.BareThreads;
import io.loop.scope.TaskGroup;
import java.util.ArrayList;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/// What it costs to start something that runs by itself, and to have its result.
///
/// No body suspends: what is measured is birth, the first step, the end, and the wake-up of the one
/// that waits for it. One invocation is one parent that starts all the others, one by one or by the
/// hundred.
public class SpawnBenchmark extends LoopBenchmark {

  private static final int TASKS = 1_000;
  private static final int GROUP = 100;
  private static final TaskOptions EAGER = TaskOptions.DEFAULT.withEagerStart();

  /// One operation: a task starts another, which ends in its first step, and awaits its result.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void createJoin(OneLoop loop, Blackhole results) {
    Coro<SpawnBenchmark> body = () -> this;
    loop.run(() -> {
      for (int i = 0; i < TASKS; i++) {
        results.consume(Asyncio.createTask(body).await());
      }
    });
  }

  /// One operation: one of a thousand tasks that a task starts, and then awaits one after the
  /// other.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void createThousand(OneLoop loop, Blackhole results) {
    Coro<SpawnBenchmark> body = () -> this;
    var tasks = new ArrayList<Task<SpawnBenchmark>>(TASKS);
    loop.run(() -> {
      for (int i = 0; i < TASKS; i++) {
        tasks.add(Asyncio.createTask(body));
      }
      tasks.forEach(task -> results.consume(task.await()));
    });
  }

  /// One operation: a task starts another eagerly, and reads its result; it ended in the call.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void eagerFromCoroutine(OneLoop loop, Blackhole results) {
    loop.run(() -> startEagerly(results));
  }

  /// One operation: as [#eagerFromCoroutine], from a callback on the loop's thread.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void eagerFromCallback(OneLoop loop, Blackhole results) {
    loop.runCallback(() -> startEagerly(results));
  }

  private void startEagerly(Blackhole results) {
    Coro<SpawnBenchmark> body = () -> this;
    for (int i = 0; i < TASKS; i++) {
      results.consume(Asyncio.createTask(body, EAGER).result());
    }
  }

  /// One operation: a task in a group of 100, and its share of the group.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void taskGroup100(OneLoop loop, Blackhole results) {
    Coro.Action body = () -> results.consume(this);
    TaskGroup.Action startAll =
        group -> {
          for (int i = 0; i < GROUP; i++) {
            group.createTask(body);
          }
        };
    loop.run(() -> {
      for (int i = 0; i < TASKS / GROUP; i++) {
        TaskGroup.run(startAll);
      }
    });
  }

  /// One operation: a virtual thread of the JDK's starts another and joins it.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void jdkStartJoin(Blackhole results) throws Exception {
    Runnable body = () -> results.consume(this);
    JdkThreads.run(() -> {
      for (int i = 0; i < TASKS; i++) {
        Thread.ofVirtual().start(body).join();
      }
    });
  }

  /// One operation: one of a thousand virtual threads of the JDK's that one starts, and then joins.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void jdkStartThousand(Blackhole results) throws Exception {
    Runnable body = () -> results.consume(this);
    var threads = new ArrayList<Thread>(TASKS);
    JdkThreads.run(() -> {
      for (int i = 0; i < TASKS; i++) {
        threads.add(Thread.ofVirtual().start(body));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    });
  }

  /// One operation: a virtual thread of the JDK's, of 100 that another one starts, and joins when
  /// all are started.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void jdkScope100(Blackhole results) throws Exception {
    Runnable body = () -> results.consume(this);
    var threads = new Thread[GROUP];
    JdkThreads.run(() -> {
      for (int i = 0; i < TASKS / GROUP; i++) {
        for (int j = 0; j < GROUP; j++) {
          threads[j] = Thread.ofVirtual().start(body);
        }
        for (Thread thread : threads) {
          thread.join();
        }
      }
    });
  }

  /// A scheduler of our own, and a virtual thread on it that starts others.
  @State(Scope.Thread)
  public static class BareParent {
    private final BareThreads scheduler = new BareThreads();
    private boolean ended;

    void run(Blackhole results) {
      scheduler.start(() -> startAndJoin(results));
      scheduler.run();
    }

    private void startAndJoin(Blackhole results) {
      Thread parent = Thread.currentThread();
      Runnable body =
          () -> {
            results.consume(this);
            ended = true;
            LockSupport.unpark(parent);
          };
      for (int i = 0; i < TASKS; i++) {
        ended = false;
        scheduler.start(body);
        while (!ended) {
          LockSupport.park();
        }
      }
    }
  }

  /// One operation: a virtual thread starts another on a scheduler of our own, and parks until it
  /// is unparked by it. Nothing a task is made of is left, so this is the limit.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void bareStartJoin(BareParent parent, Blackhole results) {
    parent.run(results);
  }
}
