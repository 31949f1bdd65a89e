package io.loop.testing;

import io.loop.event.Loop;
import io.loop.event.Poller;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A loop for tests: its time is virtual, and jumps to the next timer when nothing is ready.
///
/// A test that sleeps an hour takes no time, and takes the same steps each time it runs. For one
/// thread, except where other threads hand something to the loop with [Loop#callSoonThreadsafe].
///
/// Source: the loop that asyncio's own tests use, `asyncio.test_utils.TestLoop`, and trio's
/// `MockClock`.
public final class ManualLoop implements AutoCloseable {

  /*
   * The poller below never sleeps in real time, but for one case: nothing is ready, no timer is set
   * and `patience` is not zero. Then only another thread can bring work, and the poller waits that
   * long for it. Without patience, or when it is over, the loop is stuck: runUntilIdle returns then,
   * and everything else fails with a message, since the test would hang.
   *
   * `horizon` is where advance() ends. The clock does not jump over it, and when it is there and
   * nothing is ready, the loop stops.
   */

  private static final class VirtualPoller implements Poller {
    private final VirtualClock clock;
    private @Nullable Loop loop;
    private Duration patience = Duration.ZERO;
    private boolean returnsWhenIdle;
    private @Nullable Duration horizon;
    private volatile @Nullable Thread sleeper;
    private volatile boolean woken;

    VirtualPoller(VirtualClock clock) {
      this.clock = clock;
    }

    @Override
    public void open(Loop opening) {
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
        loop.stop();
      }
    }

    private void awaitOthers() {
      sleeper = Thread.currentThread();
      long left = TimeUnit.NANOSECONDS.convert(patience); // however long that is
      long giveUp = System.nanoTime() + left;
      boolean interrupted = false;
      while (!woken && left > 0) {
        LockSupport.parkNanos(this, left);
        interrupted |= Thread.interrupted(); // it would end every park from now on
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
      loop.stop();
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

  /// Makes a loop whose clock shows zero and that looks for other threads' work in every tick.
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

  /// Sets how long, in real time, to wait for other threads when nothing else can happen; zero at
  /// first.
  ///
  /// @param patience how long
  public void setPatience(Duration patience) {
    poller.patience = patience;
  }

  /// Runs a body as a task, to its end.
  ///
  /// @param main the body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if it waits for something that cannot happen
  public <T extends @Nullable Object> T run(Coro<T> main) {
    return Tasks.runUntilComplete(loop, main);
  }

  /// Runs a body without a result as a task, to its end; as [#run(Coro)].
  ///
  /// @param main the body
  public void run(Coro.Action main) {
    run(Coro.of(main));
  }

  /// Runs exactly one tick; time does not move.
  public void tick() {
    loop.stop();
    loop.runForever();
  }

  /// Runs until nothing is ready and no timer is set, moving the clock from timer to timer.
  public void runUntilIdle() {
    poller.returnsWhenIdle = true;
    try {
      loop.runForever();
    } finally {
      poller.returnsWhenIdle = false;
    }
  }

  /// Runs what is due within a time and what follows from it, and leaves the clock exactly that
  /// much later.
  ///
  /// @param step how far to move
  /// @throws IllegalArgumentException if the step is negative: the clock is monotonic
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

  /// Cancels the tasks that are left, runs them to their end, and closes the loop.
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
