package io.loop.event;

import io.netty.channel.ManualIoEventLoop;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timeout;
import io.netty.util.TimerTask;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.infra.Blackhole;

/// Timers that are scheduled while many others are outstanding.
///
/// The outstanding timers, and those that are cancelled, have random deadlines from one minute to
/// one hour ahead. None of them expires during a trial.
public final class OutstandingTimers {

  static final int TIMERS = 200_000;

  private static final int TIMERS_PER_TICK = 100;
  private static final Duration EXPIRY = Duration.ofMillis(1);

  private OutstandingTimers() {}

  /// The common base of the loop and its peers: the number of timers and their delays.
  @State(Scope.Thread)
  public abstract static class Timers {

    /*
     * The outstanding timers are kept in a ring with one place to spare. A new timer goes to the
     * place at `newest`; the place behind it holds the oldest, or the new one if it is alone.
     */

    private static final int DELAYS = 1 << 10;

    @Param({"0", "1000", "1000000"})
    public int outstanding;

    private final Duration[] delays =
        new Random(42)
            .longs(DELAYS, 60_000_000_000L, 3_600_000_000_000L)
            .mapToObj(Duration::ofNanos)
            .toArray(Duration[]::new);
    private final long[] delaysNanos = Arrays.stream(delays).mapToLong(Duration::toNanos).toArray();
    private int nextDelay;
    private int newest;

    Duration nextDelay() {
      return delays[nextDelay++ & DELAYS - 1];
    }

    long nextDelayNanos() {
      return delaysNanos[nextDelay++ & DELAYS - 1];
    }

    int ringSize() {
      return outstanding + 1;
    }

    int advanceNewest() {
      newest = following(newest);
      return newest;
    }

    int oldest() {
      return following(newest);
    }

    private int following(int place) {
      return place == outstanding ? 0 : place + 1;
    }
  }

  /// A loop.
  @State(Scope.Thread)
  public static class OnLoop extends Timers {
    private final Loop loop = Loop.create();
    private final Callback expired = this::countDown;
    private final Callback batch = this::startBatch;
    private TimerHandle[] ring;
    private int toStart;
    private int toExpire;

    @Setup
    public void start() {
      ring = new TimerHandle[ringSize()];
      for (int i = 0; i < outstanding; i++) {
        ring[advanceNewest()] = startFar();
      }
    }

    private TimerHandle startFar() {
      return loop.callLater(nextDelay(), expired);
    }

    void scheduleAndCancel(Blackhole handles) {
      runOnLoop(() -> {
        for (int i = 0; i < TIMERS; i++) {
          TimerHandle timer = startFar();
          handles.consume(timer);
          timer.cancel();
        }
      });
    }

    void scheduleAndCancelOldest() {
      runOnLoop(() -> {
        for (int i = 0; i < TIMERS; i++) {
          ring[advanceNewest()] = startFar();
          ring[oldest()].cancel();
        }
      });
    }

    private void runOnLoop(Callback work) {
      loop.callSoon(work);
      loop.stop();
      loop.runForever();
    }

    void scheduleAndExpire() {
      toStart = TIMERS;
      toExpire = TIMERS;
      loop.callSoon(batch);
      loop.runForever();
    }

    private void startBatch() {
      for (int i = 0; i < TIMERS_PER_TICK; i++) {
        loop.callLater(EXPIRY, expired);
      }
      toStart -= TIMERS_PER_TICK;
      if (toStart > 0) {
        loop.callSoon(batch);
      }
    }

    private void countDown() {
      if (--toExpire == 0) {
        loop.stop();
      }
    }

    @TearDown
    public void close() {
      loop.close();
    }
  }

  /// A Netty event loop that the benchmark's thread owns.
  @State(Scope.Thread)
  public static class OnEventLoop extends Timers {
    private final Runnable expired = this::countDown;
    private final Runnable batch = this::startBatch;
    private ManualIoEventLoop eventLoop;
    private ScheduledFuture<?>[] ring;
    private int toStart;
    private int toExpire;

    @Setup
    public void start() {
      eventLoop = ManualEventLoops.create();
      ring = new ScheduledFuture<?>[ringSize()];
      for (int i = 0; i < outstanding; i++) {
        ring[advanceNewest()] = startFar();
      }
    }

    private ScheduledFuture<?> startFar() {
      return eventLoop.schedule(expired, nextDelayNanos(), TimeUnit.NANOSECONDS);
    }

    void scheduleAndCancel(Blackhole futures) {
      for (int i = 0; i < TIMERS; i++) {
        ScheduledFuture<?> timer = startFar();
        futures.consume(timer);
        timer.cancel(false);
      }
    }

    void scheduleAndCancelOldest() {
      for (int i = 0; i < TIMERS; i++) {
        ring[advanceNewest()] = startFar();
        ring[oldest()].cancel(false);
      }
    }

    void scheduleAndExpire() {
      toStart = TIMERS;
      toExpire = TIMERS;
      eventLoop.execute(batch);
      while (toExpire > 0) {
        eventLoop.run(Long.MAX_VALUE);
      }
    }

    private void startBatch() {
      for (int i = 0; i < TIMERS_PER_TICK; i++) {
        var _ = eventLoop.schedule(expired, EXPIRY.toNanos(), TimeUnit.NANOSECONDS);
      }
      toStart -= TIMERS_PER_TICK;
      if (toStart > 0) {
        eventLoop.execute(batch);
      }
    }

    private void countDown() {
      toExpire--;
    }

    @TearDown
    public void close() {
      ManualEventLoops.close(eventLoop);
    }
  }

  /// Netty's wheel with a tick of one millisecond, like the loop's. Its own thread drives it.
  @State(Scope.Thread)
  public static class OnWheel extends Timers {
    private final HashedWheelTimer wheel = new HashedWheelTimer(1, TimeUnit.MILLISECONDS);
    private final TimerTask expired = _ -> countDown();
    private Timeout[] ring;
    private CountDownLatch done = new CountDownLatch(0);
    private int toExpire;

    @Setup
    public void start() {
      wheel.start();
      ring = new Timeout[ringSize()];
      for (int i = 0; i < outstanding; i++) {
        ring[advanceNewest()] = startFar();
      }
    }

    private Timeout startFar() {
      return wheel.newTimeout(expired, nextDelayNanos(), TimeUnit.NANOSECONDS);
    }

    void scheduleAndCancel(Blackhole timeouts) {
      for (int i = 0; i < TIMERS; i++) {
        Timeout timer = startFar();
        timeouts.consume(timer);
        timer.cancel();
      }
    }

    void scheduleAndCancelOldest() {
      for (int i = 0; i < TIMERS; i++) {
        ring[advanceNewest()] = startFar();
        ring[oldest()].cancel();
      }
    }

    void scheduleAndExpire() throws InterruptedException {
      toExpire = TIMERS;
      done = new CountDownLatch(1);
      for (int i = 0; i < TIMERS; i++) {
        wheel.newTimeout(expired, EXPIRY.toNanos(), TimeUnit.NANOSECONDS);
      }
      done.await();
    }

    private void countDown() {
      if (--toExpire == 0) {
        done.countDown();
      }
    }

    @TearDown
    public void close() {
      wheel.stop();
    }
  }
}
