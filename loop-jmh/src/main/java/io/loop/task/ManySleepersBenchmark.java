package io.loop.task;

import io.loop.Asyncio;
import io.loop.benchmark.LoopBenchmark;
import io.loop.benchmark.OneLoop;
import io.loop.report.CpuTime;
import io.loop.report.Figures;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// What a million tasks cost that sleep at the same time, each once.
///
/// Their deadlines are spread over a second that begins when all have started. Everybody waits for
/// that second, and the time on the clock includes it; these figures do not:
///
/// - `cpu`: processor time of all threads of the JVM, for one task from its creation to its end
/// - `start`: time on the clock from the first creation until all have started, for one task
/// - `late`: how long after the last deadline the last one has ended
/// - `heap`: bytes on the heap for one sleeping task
///
/// A run with another number of tasks gets these right, and JMH's own score wrong.
@BenchmarkMode(Mode.SingleShotTime)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
@Fork(
    value = 2,
    jvmArgsPrepend = {"-Xms5g", "-Xmx5g", "-XX:+UseG1GC"})
public class ManySleepersBenchmark extends LoopBenchmark {

  private static final int TASKS = 1_000_000;
  private static final int REHEARSALS = 200;
  private static final int REHEARSED_TASKS = 1_000;
  private static final long SPREAD_NANOS = 1_000;
  private static final long FIRST_START_NANOS = 15_000;
  private static final int STEP = 999_983; // a prime: neighbours wake far from each other

  /// The tasks of all invocations of a fork.
  @State(Scope.Thread)
  public static class Sleepers {

    /*
     * Nobody knows before how long it will take until all have started. The first invocation
     * allows for much, and those after it for half as much again as the one before took.
     *
     * The first one also weighs the sleepers: it collects all garbage before, and once more while
     * they sleep. The later ones, which are measured, repeat its figure and collect nothing.
     */

    @Param("1000000")
    public int tasks;

    private final CpuTime cpu = new CpuTime();
    private final AtomicInteger unstarted = new AtomicInteger();
    private final AtomicInteger unended = new AtomicInteger();
    private long startNanos;
    private boolean weighed;
    private boolean rehearsed;
    private boolean tooSlow;
    private int count;
    private double heapBefore;
    private double heapEach;
    private long begun;
    private long firstDeadline;

    @Setup
    public void start() {
      startNanos = Math.max(FIRST_START_NANOS * tasks, Duration.ofMillis(200).toNanos());
    }

    /// Runs a few at a time before the first invocation, so that what happens when they wake is
    /// compiled when the first of a million fall asleep. Their stacks would else have to be
    /// rebuilt.
    void rehearse(Coro.Action run) throws Exception {
      for (int i = 0; i < REHEARSALS && !rehearsed; i++) {
        count = REHEARSED_TASKS;
        unstarted.set(Integer.MAX_VALUE);
        unended.set(count);
        firstDeadline = System.nanoTime() + SPREAD_NANOS * count;
        run.run();
      }
      rehearsed = true;
    }

    void begin() {
      if (!weighed) {
        heapBefore = usedHeap();
      }
      count = tasks;
      unstarted.set(tasks);
      unended.set(tasks);
      cpu.reset();
      cpu.begin();
      begun = System.nanoTime();
      firstDeadline = begun + startNanos + startNanos / 2;
    }

    /// {@return how long a task has to sleep that starts now} The last one to start weighs all.
    Duration delay(int task) {
      if (unstarted.decrementAndGet() == 0) {
        allStarted();
      }
      long afterFirst = (long) task * STEP % count * SPREAD_NANOS;
      return Duration.ofNanos(firstDeadline + afterFirst - System.nanoTime());
    }

    private void allStarted() {
      startNanos = System.nanoTime() - begun;
      if (!weighed) {
        weighed = true;
        heapEach = (usedHeap() - heapBefore) / tasks;
      }
      tooSlow = System.nanoTime() - firstDeadline > 0;
    }

    /// {@return whether the task that calls is the last one}
    boolean isLast() {
      return unended.decrementAndGet() == 0;
    }

    void end() {
      long ended = System.nanoTime();
      if (tooSlow) { // not thrown by a sleeper, for whose end everybody waits
        throw new IllegalStateException("The first woke before the last slept: too slow a start");
      }
      cpu.end(tasks);
      Figures.set("start", (double) startNanos / tasks, "ns/op");
      Figures.set("late", (ended - firstDeadline - tasks * SPREAD_NANOS) / 1e6, "ms");
      Figures.set("heap", heapEach, "B/op");
    }

    private static double usedHeap() {
      System.gc();
      return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }
  }

  /// One operation: a task is created, sleeps, and ends.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void sleepers(OneLoop loop, Sleepers sleepers) throws Exception {
    Coro.Action run = () -> runSleepers(loop, sleepers);
    sleepers.rehearse(run);
    sleepers.begin();
    run.run();
    sleepers.end();
  }

  private static void runSleepers(OneLoop loop, Sleepers sleepers) {
    loop.run(() -> {
      var allEnded = new LoopFuture<Sleepers>(loop.loop());
      for (int i = 0; i < sleepers.count; i++) {
        int task = i;
        Asyncio.createTask(() -> {
          Asyncio.sleep(sleepers.delay(task));
          if (sleepers.isLast()) {
            allEnded.setResult(sleepers);
          }
        });
      }
      allEnded.await();
    });
  }

  /// One operation: a virtual thread of the JDK's is started, sleeps, and ends.
  @Benchmark
  @OperationsPerInvocation(TASKS)
  public void jdkSleepers(Sleepers sleepers) throws Exception {
    Coro.Action run = () -> runJdkSleepers(sleepers);
    sleepers.rehearse(run);
    sleepers.begin();
    run.run();
    sleepers.end();
  }

  private static void runJdkSleepers(Sleepers sleepers) throws Exception {
    JdkThreads.run(() -> {
      var allEnded = new CountDownLatch(1);
      for (int i = 0; i < sleepers.count; i++) {
        int task = i;
        Thread.startVirtualThread(() -> {
          sleep(sleepers.delay(task));
          if (sleepers.isLast()) {
            allEnded.countDown();
          }
        });
      }
      allEnded.await();
    });
  }

  private static void sleep(Duration delay) {
    try {
      Thread.sleep(delay);
    } catch (InterruptedException interrupted) {
      throw new IllegalStateException(interrupted);
    }
  }
}
