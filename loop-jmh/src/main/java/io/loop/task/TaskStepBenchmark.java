package io.loop.task;

import io.loop.benchmark.LoopBenchmark;
import io.loop.coroutine.BareThreads;
import io.loop.event.Loop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/// What it costs to suspend a coroutine and to run it again.
///
/// The coroutines live for one iteration and take their steps in turn. One invocation is a lap:
/// each of them takes its share of the steps, and all of them stand still in between.
///
/// Before the first iteration many others have come and gone, here and in the peers. A stack that
/// was entered before its methods were compiled keeps interpreted frames at its lower end, and then
/// each of its steps takes the JVM two to three times as long, for as long as it lives.
public class TaskStepBenchmark extends LoopBenchmark {

  private static final int STEPS = 500_000;

  /// Tasks that give up control.
  @State(Scope.Thread)
  public static class Sleepers {
    @Param({"1", "1000"})
    public int tasks;

    private Laps laps;

    @Setup
    public void warmUp() {
      Laps.warmUp(Laps.SLEEP_ZERO);
    }

    @Setup(Level.Iteration)
    public void start() {
      laps = new Laps(tasks, STEPS, Laps.SLEEP_ZERO);
    }

    @TearDown(Level.Iteration)
    public void close() {
      laps.close();
    }
  }

  /// One task that gives up control.
  @State(Scope.Thread)
  public static class Lonely {
    private Laps laps;

    @Setup
    public void warmUp() {
      Laps.warmUp(Laps.SLEEP_ZERO);
    }

    @Setup(Level.Iteration)
    public void start() {
      laps = new Laps(1, STEPS, Laps.SLEEP_ZERO);
    }

    @TearDown(Level.Iteration)
    public void close() {
      laps.close();
    }
  }

  /// Tasks that await what a callback completes in the next tick.
  @State(Scope.Thread)
  public static class Waiters {
    @Param({"1", "1000"})
    public int tasks;

    private Coro.Action step;
    private Laps laps;

    @Setup
    public void warmUp(Blackhole results) {
      step = () -> results.consume(completedNextTick().await());
      Laps.warmUp(step);
    }

    @Setup(Level.Iteration)
    public void start() {
      laps = new Laps(tasks, STEPS, step);
    }

    private LoopFuture<Waiters> completedNextTick() {
      Loop loop = Loop.running();
      var future = new LoopFuture<Waiters>(loop);
      loop.callSoon(() -> future.setResult(this));
      return future;
    }

    @TearDown(Level.Iteration)
    public void close() {
      laps.close();
    }
  }

  /// A task that awaits what is done: many futures, so that the compiler cannot look at one once
  /// and for all.
  @State(Scope.Thread)
  public static class Reader {
    private static final int FUTURES = 1 << 8;

    private final List<LoopFuture<Integer>> done = new ArrayList<>();
    private Laps laps;
    private int next;

    @Setup
    public void start(Blackhole results) {
      laps = new Laps(1, STEPS, () -> results.consume(nextDone().await()));
      for (int i = 0; i < FUTURES; i++) {
        var future = new LoopFuture<Integer>(laps.loop());
        future.setResult(i);
        done.add(future);
      }
    }

    private LoopFuture<Integer> nextDone() {
      return done.get(next++ & FUTURES - 1);
    }

    @TearDown
    public void close() {
      laps.close();
    }
  }

  /// Bare threads that park and are unparked by the scheduler's thread.
  @State(Scope.Thread)
  public static class BareParkers {
    private static final Function<BareThreads, Runnable> PARKING = BareParkers::parking;

    @Param({"1", "1000"})
    public int tasks;

    private BareLaps laps;

    @Setup
    public void warmUp() {
      BareLaps.warmUp(PARKING);
    }

    @Setup(Level.Iteration)
    public void start() {
      laps = new BareLaps(tasks, STEPS, PARKING);
    }

    private static Runnable parking(BareThreads scheduler) {
      Thread self = Thread.currentThread();
      Runnable unpark = () -> LockSupport.unpark(self);
      return () -> {
        scheduler.execute(unpark);
        LockSupport.park();
      };
    }

    @TearDown(Level.Iteration)
    public void close() {
      laps.close();
    }
  }

  /// Bare threads that yield.
  @State(Scope.Thread)
  public static class BareYielders {
    private static final Function<BareThreads, Runnable> YIELDING = BareYielders::yielding;

    @Param({"1", "1000"})
    public int tasks;

    private BareLaps laps;

    @Setup
    public void warmUp() {
      BareLaps.warmUp(YIELDING);
    }

    @Setup(Level.Iteration)
    public void start() {
      laps = new BareLaps(tasks, STEPS, YIELDING);
    }

    private static Runnable yielding(BareThreads scheduler) {
      return Thread::yield;
    }

    @TearDown(Level.Iteration)
    public void close() {
      laps.close();
    }
  }

  /// Virtual threads that yield, on the JDK's scheduler.
  @State(Scope.Thread)
  public static class JdkYielders {
    @Param({"1", "1000"})
    public int tasks;

    private final List<Thread> threads = new ArrayList<>();
    private final AtomicInteger lap = new AtomicInteger();
    private CountDownLatch onTheWay = new CountDownLatch(0); // this and the next written before lap
    private boolean closed;

    @Setup
    public void warmUp() throws InterruptedException {
      for (int i = 0; i < Laps.WARM_ROUNDS; i++) {
        start(Laps.WARM_TASKS, Laps.WARM_STEPS);
        for (int lap = 0; lap < Laps.WARM_LAPS; lap++) {
          run();
        }
        close();
      }
    }

    @Setup(Level.Iteration)
    public void start() {
      start(tasks, STEPS);
    }

    private void start(int count, int steps) {
      lap.set(0);
      closed = false;
      for (int i = 0; i < count; i++) {
        threads.add(Thread.startVirtualThread(() -> runLaps(steps / count)));
      }
    }

    @SuppressWarnings("ThreadPriorityCheck") // the yield is what is measured
    private void runLaps(int steps) {
      for (int next = 1; ; next++) {
        while (lap.get() < next) {
          LockSupport.park();
        }
        if (closed) {
          return;
        }
        for (int i = 0; i < steps; i++) {
          Thread.yield();
        }
        onTheWay.countDown();
      }
    }

    void run() throws InterruptedException {
      onTheWay = new CountDownLatch(threads.size());
      startLap();
      onTheWay.await();
    }

    private void startLap() {
      lap.incrementAndGet();
      threads.forEach(LockSupport::unpark);
    }

    @TearDown(Level.Iteration)
    public void close() throws InterruptedException {
      closed = true;
      startLap();
      for (Thread thread : threads) {
        thread.join();
      }
      threads.clear();
    }
  }

  /// One operation: a task awaits `sleep(0)` and is run again, in its turn.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void sleepZero(Sleepers sleepers) {
    sleepers.laps.run();
  }

  /// One operation: the only task there is awaits `sleep(0)`, and goes on.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void sleepZeroAlone(Lonely sleeper) {
    sleeper.laps.run();
  }

  /// One operation: a task makes a future, has a callback complete it in the next tick, awaits it,
  /// and is run again with the result in the tick after that.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void awaitNextTick(Waiters waiters) {
    waiters.laps.run();
  }

  /// One operation: a task awaits a future that is done. It is not suspended.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void awaitDone(Reader reader) {
    reader.laps.run();
  }

  /// One operation: a virtual thread parks, and is unparked and run by a scheduler of our own, in
  /// its turn.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void bareParkUnpark(BareParkers parkers) {
    parkers.laps.run();
  }

  /// One operation: a virtual thread yields, and is run again by a scheduler of our own, in its
  /// turn.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void bareYield(BareYielders yielders) {
    yielders.laps.run();
  }

  /// One operation: a virtual thread yields, and is run again by the JDK's scheduler, in its turn
  /// on the one carrier thread there is.
  @Benchmark
  @OperationsPerInvocation(STEPS)
  public void jdkYield(JdkYielders yielders) throws InterruptedException {
    yielders.run();
  }
}
