package io.loop.event;

import io.netty.channel.ManualIoEventLoop;
import io.netty.util.HashedWheelTimer;
import io.netty.util.TimerTask;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/// Timers that are all due before the measured run; scheduled again before each invocation, which
/// takes so long that the setup does not distort it.
public final class DueTimers {

  /// The default number of timers; the time per operation is correct for this number only.
  static final int TIMERS = 1_000_000;

  private DueTimers() {}

  /// The deadlines, and how many timers are left.
  @State(Scope.Thread)
  public abstract static class Due {

    /*
     *   schedule all        first deadline   last deadline   slack   the measured run
     *   |----- LEAD ------------------|--- SPREAD ---|-------|--->
     */

    private static final long LEAD_NANOS_EACH = 700;
    private static final long SPREAD_NANOS = 5_000_000;
    private static final long SLACK_NANOS = 5_000_000;

    @Param("1000000")
    public int timers;

    private final Random random = new Random(42);
    private long firstDeadline;
    int left;

    /// Starts a round of scheduling.
    void begin() {
      left = timers;
      firstDeadline = System.nanoTime() + LEAD_NANOS_EACH * timers + SLACK_NANOS;
    }

    /// {@return the delay of the next timer}
    long nextDelayNanos() {
      return delayNanosUntil(firstDeadline + random.nextLong(SPREAD_NANOS));
    }

    /// {@return a delay that ends before all timers}
    long delayNanosUntilBefore() {
      return delayNanosUntil(firstDeadline - SLACK_NANOS / 2);
    }

    private static long delayNanosUntil(long deadline) {
      return deadline - System.nanoTime();
    }

    /// Waits until all timers are due.
    void awaitDue() {
      long due = firstDeadline + SPREAD_NANOS + SLACK_NANOS;
      for (long wait; (wait = delayNanosUntil(due)) > 0; ) {
        LockSupport.parkNanos(wait);
      }
    }
  }

  /// A loop.
  @State(Scope.Thread)
  public static class OnLoop extends Due {
    private final Loop loop = Loop.create();
    private final Callback expired = this::countDown;

    @Setup(Level.Invocation)
    public void schedule() {
      begin();
      for (int i = 0; i < timers; i++) {
        loop.callLater(Duration.ofNanos(nextDelayNanos()), expired);
      }
      awaitDue();
    }

    private void countDown() {
      if (--left == 0) {
        loop.stop();
      }
    }

    void expire() {
      loop.runForever();
    }

    @TearDown
    public void close() {
      loop.close();
    }
  }

  /// A Netty event loop that the benchmark's thread owns.
  @State(Scope.Thread)
  public static class OnEventLoop extends Due {
    private final Runnable expired = this::countDown;
    private ManualIoEventLoop eventLoop;

    @Setup
    public void start() {
      eventLoop = ManualEventLoops.create();
    }

    @Setup(Level.Invocation)
    public void schedule() {
      begin();
      for (int i = 0; i < timers; i++) {
        var _ = eventLoop.schedule(expired, nextDelayNanos(), TimeUnit.NANOSECONDS);
      }
      awaitDue();
    }

    private void countDown() {
      left--;
    }

    void expire() {
      while (left > 0) {
        eventLoop.runNow();
      }
    }

    @TearDown
    public void close() {
      ManualEventLoops.close(eventLoop);
    }
  }

  /// Netty's wheel with a tick of one millisecond, like the loop's.
  ///
  /// Its own thread drives it. A timer before all others blocks that thread until the measured run
  /// releases it. The wheel has sorted in the others by then, if they were scheduled in time.
  @State(Scope.Thread)
  public static class OnWheel extends Due {
    private final HashedWheelTimer wheel = new HashedWheelTimer(1, TimeUnit.MILLISECONDS);
    private final TimerTask expired = _ -> countDown();
    private CompletableFuture<Boolean> go = CompletableFuture.completedFuture(true);
    private CountDownLatch done = new CountDownLatch(0);

    @Setup(Level.Invocation)
    public void schedule() {
      begin();
      var held = new CompletableFuture<Boolean>();
      go = held;
      done = new CountDownLatch(1);
      // join and not await: stopping the wheel interrupts its thread, which may come to this late
      wheel.newTimeout(_ -> held.join(), delayNanosUntilBefore(), TimeUnit.NANOSECONDS);
      for (int i = 0; i < timers; i++) {
        wheel.newTimeout(expired, nextDelayNanos(), TimeUnit.NANOSECONDS);
      }
      awaitDue();
    }

    private void countDown() {
      if (--left == 0) {
        done.countDown();
      }
    }

    void expire() throws InterruptedException {
      go.complete(true);
      done.await();
    }

    @TearDown
    public void close() {
      wheel.stop();
    }
  }
}
