package io.loop.event;

import io.loop.benchmark.LoopBenchmark;
import io.loop.netty.NettyLoop;
import io.loop.netty.transport.Transport;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// The cost of submitting work to a loop from other threads, and of running it there.
///
/// The time is measured from the simultaneous start of the producers until the last callback has
/// run. There is no back-pressure: up to all callbacks of an invocation may wait in the queue.
public class CallSoonThreadsafeBenchmark extends LoopBenchmark {

  private static final int CALLBACKS = 200_000;

  /// Threads that submit, for a consumer that a subclass starts.
  @State(Scope.Thread)
  public abstract static class Producers {

    /*
     * `left` is the consumer's during a lap, the benchmark's between laps: the barrier and what the
     * consumer's queue orders come after the one, the latch before the other.
     */

    @Param({"1", "8"})
    public int producers;

    private final List<Thread> threads = new ArrayList<>();
    private CyclicBarrier start = new CyclicBarrier(1);
    private CountDownLatch done = new CountDownLatch(0);
    private int left;
    private boolean closed;

    /// What is submitted: a new object each time, as in most programs, and the same for all.
    private final class Submitted implements Callback, Runnable {
      @Override
      public void run() {
        countDown();
      }
    }

    void start(Executor consumer) {
      start = new CyclicBarrier(producers + 1);
      for (int i = 0; i < producers; i++) {
        threads.add(Thread.ofPlatform().daemon().start(() -> produce(consumer)));
      }
    }

    private void produce(Executor consumer) {
      for (awaitStart(); !closed; awaitStart()) {
        for (int i = 0; i < CALLBACKS / producers; i++) {
          consumer.execute(new Submitted());
        }
      }
    }

    private void awaitStart() {
      try {
        start.await();
      } catch (Exception fault) {
        throw new IllegalStateException(fault);
      }
    }

    private void countDown() {
      if (--left == 0) {
        done.countDown();
      }
    }

    void runLap() throws InterruptedException {
      left = CALLBACKS;
      done = new CountDownLatch(1);
      awaitStart();
      done.await();
    }

    void stop() throws InterruptedException {
      closed = true;
      awaitStart();
      for (Thread thread : threads) {
        thread.join();
      }
    }
  }

  /// A loop on its own thread.
  public abstract static class OnLoop extends Producers {
    private Loop loop;
    private Thread thread;

    abstract Loop newLoop();

    @Setup
    public void start() {
      loop = newLoop();
      thread = Thread.ofPlatform().daemon().start(this::run);
      start(callback -> loop.callSoonThreadsafe((Callback) callback));
    }

    private void run() {
      loop.runForever();
      loop.close();
    }

    @TearDown
    public void close() throws InterruptedException {
      stop();
      loop.callSoonThreadsafe(loop::stop);
      thread.join();
    }
  }

  /// A loop that waits with Netty's NIO.
  @State(Scope.Thread)
  public static class OnNetty extends OnLoop {
    @Override
    Loop newLoop() {
      return NettyLoop.create(Transport.NIO);
    }
  }

  /// A loop that parks.
  @State(Scope.Thread)
  public static class Parked extends OnLoop {
    @Override
    Loop newLoop() {
      return Loop.create(new ParkPoller());
    }
  }

  /// A Netty event loop on NIO.
  @State(Scope.Thread)
  public static class OnEventLoop extends Producers {
    private final MultiThreadIoEventLoopGroup group =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());

    @Setup
    public void start() {
      start(group.next());
    }

    @TearDown
    public void close() throws InterruptedException {
      stop();
      group.shutdownGracefully(0, 0, TimeUnit.NANOSECONDS).sync();
    }
  }

  /// A pool of one thread.
  @State(Scope.Thread)
  public static class OnPool extends Producers {
    private final ScheduledThreadPoolExecutor pool = new ScheduledThreadPoolExecutor(1);

    @Setup
    public void start() {
      start(pool);
    }

    @TearDown
    public void close() throws InterruptedException {
      stop();
      pool.close();
    }
  }

  /// One operation: [Loop#callSoonThreadsafe], and the callback on a loop that waits with NIO.
  @Benchmark
  @OperationsPerInvocation(CALLBACKS)
  public void loopOnNetty(OnNetty loop) throws InterruptedException {
    loop.runLap();
  }

  /// One operation: [Loop#callSoonThreadsafe], and the callback on a loop that parks.
  @Benchmark
  @OperationsPerInvocation(CALLBACKS)
  public void loopParked(Parked loop) throws InterruptedException {
    loop.runLap();
  }

  /// One operation: `execute` of an event loop on NIO, and the task there.
  @Benchmark
  @OperationsPerInvocation(CALLBACKS)
  public void nettyExecute(OnEventLoop netty) throws InterruptedException {
    netty.runLap();
  }

  /// One operation: `execute` of a [ScheduledThreadPoolExecutor], and the task on its one thread.
  @Benchmark
  @OperationsPerInvocation(CALLBACKS)
  public void jdkExecutor(OnPool pool) throws InterruptedException {
    pool.runLap();
  }
}
