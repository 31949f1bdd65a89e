package io.loop.sync;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.scope.TaskGroup;
import io.loop.task.Coro;
import io.loop.task.JdkThreads;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.infra.Blackhole;

/// The cost of acquiring and releasing a lock, uncontended and contended.
///
/// The uncontended benchmark uses many locks, so that the compiler cannot treat one as a constant.
public class LockBenchmark extends LoopBenchmark {

  private static final int HOLDS = 2_000;

  /// Locks without waiters.
  @State(Scope.Thread)
  public static class FreeLocks {
    private static final int LOCKS = 1 << 8;

    private final Lock[] ours = fill(Lock[]::new, _ -> new Lock());
    private final ReentrantLock[] jdk = fill(ReentrantLock[]::new, _ -> new ReentrantLock());

    private static <L> L[] fill(IntFunction<L[]> array, IntFunction<L> lock) {
      return IntStream.range(0, LOCKS).mapToObj(lock).toArray(array);
    }
  }

  /// The number of contenders.
  @State(Scope.Thread)
  public static class Crowd {
    @Param("10")
    public int tasks;
  }

  /// One operation: a task acquires a free lock and releases it.
  @Benchmark
  @OperationsPerInvocation(HOLDS)
  public void uncontended(OneLoop loop, FreeLocks locks, Blackhole results) {
    loop.run(() -> {
      for (int i = 0; i < HOLDS; i++) {
        Lock lock = locks.ours[i & FreeLocks.LOCKS - 1];
        lock.acquire();
        try {
          results.consume(i);
        } finally {
          lock.release();
        }
      }
    });
  }

  /// One operation: a virtual thread acquires a free lock and releases it.
  @Benchmark
  @OperationsPerInvocation(HOLDS)
  public void jdkUncontended(FreeLocks locks, Blackhole results) throws Exception {
    JdkThreads.run(() -> {
      for (int i = 0; i < HOLDS; i++) {
        ReentrantLock lock = locks.jdk[i & FreeLocks.LOCKS - 1];
        lock.lock();
        try {
          results.consume(i);
        } finally {
          lock.unlock();
        }
      }
    });
  }

  /// One operation: a task waits for the lock, holds it over a `sleep(0)` and releases it.
  @Benchmark
  @OperationsPerInvocation(HOLDS)
  public void contended(OneLoop loop, Crowd crowd) {
    int each = HOLDS / crowd.tasks;
    var lock = new Lock();
    Coro.Action body =
        () -> {
          for (int i = 0; i < each; i++) {
            lock.acquire();
            try {
              Asyncio.sleep(Duration.ZERO);
            } finally {
              lock.release();
            }
          }
        };
    loop.run(() ->
        TaskGroup.run(group -> {
          for (int i = 0; i < crowd.tasks; i++) {
            group.createTask(body);
          }
        }));
  }

  /// One operation: a virtual thread waits for the lock, holds it over a yield and releases it. The
  /// lock is not fair, which is its default.
  @Benchmark
  @OperationsPerInvocation(HOLDS)
  public void jdkContended(Crowd crowd) throws Exception {
    runCrowd(crowd, new ReentrantLock());
  }

  /// One operation: as [#jdkContended], with a fair lock, like Loop's.
  @Benchmark
  @OperationsPerInvocation(HOLDS)
  public void jdkContendedFair(Crowd crowd) throws Exception {
    runCrowd(crowd, new ReentrantLock(true));
  }

  @SuppressWarnings("ThreadPriorityCheck") // the yield is the peer of sleep(0)
  private static void runCrowd(Crowd crowd, ReentrantLock lock) throws Exception {
    int each = HOLDS / crowd.tasks;
    JdkThreads.runMany(
        crowd.tasks,
        () -> {
          for (int i = 0; i < each; i++) {
            lock.lock();
            try {
              Thread.yield();
            } finally {
              lock.unlock();
            }
          }
        });
  }
}
