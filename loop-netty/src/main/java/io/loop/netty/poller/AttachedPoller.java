package io.loop.netty.poller;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.PolledLoop;
import io.loop.event.SystemExit;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.netty.channel.IoEventLoop;
import io.netty.channel.SingleThreadIoEventLoop;
import io.netty.util.concurrent.AbstractScheduledEventExecutor;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.GenericFutureListener;
import io.netty.util.concurrent.MockTicker;
import io.netty.util.concurrent.ScheduledFuture;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.netty.util.concurrent.Ticker;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// Runs an attached loop in turns on an existing executor.
final class AttachedPoller extends NettyDriver {

  /*
   * One runnable, `pump`, runs a turn of the loop and then what the turn left for Netty. It is
   * submitted when something requests a turn and none is pending; `asked` is true while one is.
   *
   * A turn that used its budget must let the executor do its input and output before the next one.
   * Submitting the pump again would not do that: an event loop runs tasks submitted by its tasks
   * for up to a second before it polls. To run after the next poll, the pump is added to the tail
   * tasks of an iteration. Other executors, including a DefaultEventLoop, have no iterations: there
   * it is a task scheduled with no delay.
   *
   * A flush that settles what a coroutine waits for wakes the loop while `inTurn`. That requests
   * another turn, also after the next poll: otherwise a coroutine that sends to a fast reader would
   * run for that whole second. `woken` records this. An executor without sockets has nothing to
   * poll.
   *
   * When the loop closes, the poller removes the hook and the listener that it added to its
   * executor.
   *
   * One alarm is set, for the loop's earliest deadline. An earlier deadline replaces it. If the
   * deadline becomes later, the alarm stays and fires too early, without effect.
   */

  private static final long UNSET = Long.MAX_VALUE;
  private static final int LAST_TURNS = 1_000;
  private static final int MOST_ATTEMPTS = 100;

  private final EventExecutor executor;
  private final Ticker ticker;
  private final Runnable pump = this::pump;
  private final Runnable resubmit = this::resubmit;
  private final Runnable ring = this::ring;
  private final Runnable endWithHost = this::endWithHost;
  private final GenericFutureListener<Future<Object>> endAfterHost = _ -> endAfterHost();
  private @Nullable PolledLoop polled;
  private volatile @Nullable Thread heir; // counts as the host's thread when the host is gone
  private boolean asked;
  private boolean inTurn;
  private boolean woken;
  private @Nullable ScheduledFuture<?> alarm;
  private long alarmNanos = UNSET;

  AttachedPoller(EventExecutor executor) {
    this.executor = executor;
    this.ticker =
        executor instanceof AbstractScheduledEventExecutor scheduled
            ? scheduled.ticker()
            : Ticker.systemTicker();
  }

  @Override
  public EventExecutor executor() {
    return executor;
  }

  @Override
  public boolean isPolling() {
    return !inTurn; // or in another task of the executor
  }

  @Override
  public void open(PolledLoop opened) {
    polled = opened;
    register(opened.loop());
    if (executor instanceof SingleThreadEventExecutor threaded) {
      // it also keeps the loop reachable while the host lives
      threaded.addShutdownHook(endWithHost);
      termination(threaded).addListener(endAfterHost);
      adoptThread(threaded);
    }
  }

  @SuppressWarnings("unchecked") // the listener takes any future
  private static Future<Object> termination(EventExecutor ending) {
    return (Future<Object>) ending.terminationFuture();
  }

  /// The host's thread is on the loop between turns too. A host may get another thread.
  private void adoptThread(SingleThreadEventExecutor threaded) {
    if (threaded.inEventLoop()) {
      adoptThread();
    } else {
      submit(this::adoptThread);
    }
  }

  /// Notes that the calling thread is the host's only one.
  void adoptThread() {
    polled().adoptThread();
  }

  private PolledLoop polled() {
    return Objects.requireNonNull(polled, "open() comes first");
  }

  private Loop loop() {
    return polled().loop();
  }

  @Override
  public boolean isHostThread() {
    return executor.inEventLoop() || Thread.currentThread() == heir;
  }

  @Override
  public void wakeup() {
    if (!executor.inEventLoop()) {
      submit(pump);
    } else if (inTurn) {
      woken = true;
    } else if (!asked) {
      ask();
    }
  }

  @Override
  public void addDirty(Dirty worker) {
    super.addDirty(worker);
    if (!inTurn) {
      wakeup();
    }
  }

  private void ask() {
    asked = true;
    try {
      submit(pump);
    } catch (OutOfMemoryError full) {
      asked = false;
      throw full;
    }
  }

  private void submit(Runnable task) {
    try {
      executor.execute(task);
    } catch (RejectedExecutionException terminated) {
      // the host has ended, and endWithHost has ended the loop or is about to
    }
  }

  private void resubmit() {
    submit(pump);
  }

  private void ring() {
    alarm = null;
    pump();
  }

  /// Whatever happens in a turn, this schedules the next one, because nothing else would.
  private void pump() {
    asked = false;
    if (inTurn) {
      woken = true; // a callback runs its executor's tasks
      return;
    }
    if (executor instanceof SingleThreadEventExecutor) {
      adoptThread();
    }
    if (executor.isShuttingDown()) {
      endWithHost();
      return;
    }
    long wait = 0;
    inTurn = true;
    woken = false;
    try {
      wait = polled().runTurn();
      wait = flushDirty() ? 0 : wait;
    } catch (Throwable fault) {
      MemoryReserve.useAfter(fault);
      reportFatal(fault);
    } finally {
      inTurn = false;
    }
    for (int left = MOST_ATTEMPTS; !arrange(wait) && left > 0; left--) {
      Thread.onSpinWait();
    }
  }

  private void reportFatal(Throwable fault) {
    try {
      loop().callExceptionHandler("Fatal error on an attached loop", fault, "loop", loop());
    } catch (KeyboardInterrupt | SystemExit again) {
      // the exception handler threw this; the host continues
    }
  }

  /// {@return whether there was memory to schedule the next turn}
  private boolean arrange(long wait) {
    try {
      if (wait == 0 || (woken && executor instanceof IoEventLoop)) {
        askAgain();
      } else if (woken) {
        wakeup();
      } else if (wait != UNSET) {
        setAlarm(wait);
      }
      return true;
    } catch (OutOfMemoryError full) {
      MemoryReserve.useAfter(full);
      asked = false;
      return false;
    }
  }

  private void askAgain() {
    if (asked) {
      return;
    }
    asked = true;
    if (executor instanceof SingleThreadIoEventLoop eventLoop) {
      eventLoop.executeAfterEventLoopIteration(resubmit);
    } else {
      var _ = schedule(pump, 0);
    }
  }

  private void setAlarm(long wait) {
    long when = ticker.nanoTime() + wait;
    if (alarm != null) {
      if (when - alarmNanos >= 0) {
        return;
      }
      alarm.cancel(false);
      alarm = null;
    }
    alarm = schedule(ring, wait);
    alarmNanos = when;
  }

  private @Nullable ScheduledFuture<?> schedule(Runnable task, long delayNanos) {
    try {
      return executor.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException terminated) {
      return null;
    }
  }

  /// The host is shutting down: cancels the tasks, lets them clean up as far as that needs no
  /// waiting, and closes the loop.
  private void endWithHost() {
    if (loop().isClosed()) {
      return;
    }
    Task.all(loop()).forEach(LoopFuture::cancel);
    for (int turns = 0; turns < LAST_TURNS && polled().runTurn() == 0; turns++) {
      flushDirty();
    }
    flushDirty();
    loop().close();
  }

  /// The host has terminated without running its shutdown hooks, because it found tasks each time
  /// it checked. The remaining tasks are unwound here, on the thread that reports the termination.
  private void endAfterHost() {
    if (!loop().isClosed()) {
      heir = Thread.currentThread();
      loop().close();
    }
  }

  /// Never called: an attached loop does not wait, its host does.
  @Override
  public void poll(long waitNanos) {
    throw new IllegalStateException("an attached loop does not poll");
  }

  @Override
  public long nanoTime() {
    return ticker.nanoTime();
  }

  /// True for the clock of an embedded channel.
  @Override
  public boolean isMovedByHand() {
    return ticker instanceof MockTicker;
  }

  @Override
  public void close() {
    if (alarm != null) {
      alarm.cancel(false);
    }
    if (executor instanceof SingleThreadEventExecutor threaded) {
      termination(threaded).removeListener(endAfterHost);
      if (threaded.inEventLoop()) { // if not, it has terminated
        threaded.removeShutdownHook(endWithHost);
      }
    }
    AttachedLoops.remove(executor);
  }
}
