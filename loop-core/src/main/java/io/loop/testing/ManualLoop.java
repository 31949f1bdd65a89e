package io.loop.testing;

import io.loop.event.Loop;
import io.loop.event.PolledLoop;
import io.loop.event.Poller;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A loop for tests with virtual time, which jumps to the next timer when nothing is ready.
///
/// A test that sleeps for an hour takes no real time, and runs the same steps each time.
/// Single-threaded, except that other threads may use [Loop#callSoonThreadsafe].
///
/// Source: the loop that asyncio's own tests use, `asyncio.test_utils.TestLoop`, and trio's
/// `MockClock`.
public final class ManualLoop implements AutoCloseable {

  /*
   * The poller below never sleeps in real time, with one exception: nothing is ready, no timer is
   * set and `patience` is not zero. Then only another thread can submit work, and the poller waits
   * that long for it. If patience is zero or has expired, the loop is stuck: runUntilIdle returns,
   * and all other methods fail with a message, because the test would hang.
   *
   * `horizon` is the time at which advance() ends. The clock does not jump past it. When the clock
   * has reached it and nothing is ready, the loop stops.
   */

  private static final class VirtualPoller implements Poller {
    private final VirtualClock clock;
    private @Nullable PolledLoop loop;
    private Duration patience = Duration.ZERO;
    private boolean returnsWhenIdle;
    private @Nullable Duration horizon;
    private volatile @Nullable Thread sleeper;
    private volatile boolean woken;

    VirtualPoller(VirtualClock clock) {
      this.clock = clock;
    }

    @Override
    public void open(PolledLoop opening) {
      loop = opening;
    }

    @Override
    public boolean needsHost() {
      return false;
    }

    @Override
    public void poll(long waitNanos) {
      if (waitNanos == 0) {
        return;
      }
      if (horizon != null) {
        advanceTowards(horizon, waitNanos);
      } else if (waitNanos == Long.MAX_VALUE) {
        awaitOthers();
      } else {
        clock.advanceNanos(waitNanos);
      }
    }

    private void advanceTowards(Duration end, long waitNanos) {
      long left = end.minus(clock.time()).toNanos();
      if (left > 0) {
        clock.advanceNanos(Math.min(left, waitNanos));
      } else if (loop != null) {
        loop.loop().stop();
      }
    }

    private void awaitOthers() {
      sleeper = Thread.currentThread();
      long left = TimeUnit.NANOSECONDS.convert(patience); // saturates
      long giveUp = System.nanoTime() + left;
      boolean interrupted = false;
      while (!woken && left > 0) {
        LockSupport.parkNanos(this, left);
        interrupted |= Thread.interrupted(); // otherwise no further park would block
        left = giveUp - System.nanoTime();
      }
      sleeper = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (!woken) {
        stuck();
      }
      woken = false;
    }

    private void stuck() {
      if (!returnsWhenIdle || loop == null) {
        throw new IllegalStateException(
            "nothing is ready, no timer is set, and nothing came from another thread within "
                + patience
                + ": what the loop is running for will never happen; if another thread is to wake"
                + " it, say how long to wait with setPatience");
      }
      loop.loop().stop();
    }

    @Override
    public void wakeup() {
      woken = true;
      LockSupport.unpark(sleeper);
    }

    @Override
    public long nanoTime() {
      return clock.nanoTime();
    }

    @Override
    public void close() {}
  }

  private final VirtualClock clock = new VirtualClock();
  private final VirtualPoller poller = new VirtualPoller(clock);
  private final Loop loop = Loop.create(poller);

  /// Creates a loop whose clock is at zero and that checks for other threads' work in every tick.
  public ManualLoop() {
    loop.setTicksPerPoll(1, Duration.ZERO);
  }

  /// {@return the loop}
  public Loop loop() {
    return loop;
  }

  /// {@return the loop's clock}
  public VirtualClock clock() {
    return clock;
  }

  /// {@return whether nothing is ready: only time or another thread brings more to do}
  public boolean isIdle() {
    return Objects.requireNonNull(poller.loop).mayBlock();
  }

  /// Sets how long, in real time, to wait for other threads when nothing else can happen. The
  /// default is zero.
  ///
  /// @param patience the time to wait
  public void setPatience(Duration patience) {
    poller.patience = patience;
  }

  /// Runs a body as a task until it finishes.
  ///
  /// @param main the body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the body waits for something that can never happen
  public <T extends @Nullable Object> T run(Coro<T> main) {
    return Tasks.runUntilComplete(loop, main);
  }

  /// Runs a body without a result as a task until it finishes; like [#run(Coro)].
  ///
  /// @param main the body
  public void run(Coro.Action main) {
    run(Coro.of(main));
  }

  /// Runs exactly one tick; the time does not change.
  public void tick() {
    loop.stop();
    loop.runForever();
  }

  /// Runs until nothing is ready and no timer is set, advancing the clock from timer to timer.
  public void runUntilIdle() {
    poller.returnsWhenIdle = true;
    try {
      loop.runForever();
    } finally {
      poller.returnsWhenIdle = false;
    }
  }

  /// Advances the clock by exactly `step`, and runs everything that becomes due or ready within
  /// that time.
  ///
  /// @param step the time to advance
  /// @throws IllegalArgumentException if `step` is negative: the clock is monotonic
  public void advance(Duration step) {
    if (step.isNegative()) {
      throw new IllegalArgumentException("a monotonic clock cannot go back by " + step);
    }
    poller.horizon = clock.time().plus(step);
    try {
      loop.runForever();
    } finally {
      poller.horizon = null;
    }
  }

  /// Cancels the remaining tasks, runs them until they finish, and closes the loop.
  @Override
  public void close() {
    if (loop.isClosed()) {
      return;
    }
    try (loop) {
      List<Task<?>> left = Task.all(loop);
      left.forEach(Task::cancel);
      left.forEach(task -> task.addDoneCallback(_ -> stopAfterTheLast()));
      if (!left.isEmpty()) {
        runUntilIdle();
      }
    }
  }

  private void stopAfterTheLast() {
    if (Task.all(loop).isEmpty()) {
      loop.stop();
    }
  }
}
