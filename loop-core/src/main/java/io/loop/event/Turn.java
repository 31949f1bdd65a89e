package io.loop.event;

import org.jspecify.annotations.Nullable;

/// One turn of a loop: look at the outside world, then run what is ready.
///
/// Loop thread only.
final class Turn {

  /*
   *   1. poll: wait 0 when anything is ready, else until the wheel's next expiry, else for ever
   *   2. take what other threads submitted, in order
   *   3. append the timers that are due, by deadline, then insertion
   *   4. run exactly the handles that were ready when this step began
   *   again from 2 while anything is ready, up to `maxTicks` ticks or `budgetNanos`
   *
   * 2 to 4 are one tick. What a handle schedules waits for the next tick, so a callback is never
   * re-entered and no chain of callbacks keeps the others from running. With a limit of one tick
   * this is asyncio's loop to the letter; more ticks per poll change when the outside world is
   * looked at, not the order of anything that is on the loop.
   *
   * A fatal error leaves the rest of the queue for a later run.
   */

  private static final int MAX_TICKS = 64;
  private static final long BUDGET_NANOS = 100_000;
  private static final long SLOW_NANOS = 100_000_000;

  private final Loop loop;
  private final Poller poller;
  private final Inbox inbox;
  private final WakeupGate gate;
  private final CurrentContext context;
  private final TimerWheel wheel;
  private final ReadyQueue ready = new ReadyQueue();

  private int maxTicks = MAX_TICKS;
  private long budgetNanos = BUDGET_NANOS;
  private long slowNanos = SLOW_NANOS;
  private @Nullable Handle running;

  Turn(Loop loop, Poller poller, Inbox inbox, WakeupGate gate, long originNanos) {
    this.loop = loop;
    this.poller = poller;
    this.inbox = inbox;
    this.gate = gate;
    this.context = loop.currentContext();
    this.wheel = new TimerWheel(originNanos);
  }

  TimerWheel wheel() {
    return wheel;
  }

  void append(Handle handle) {
    ready.add(handle);
  }

  ReadyQueue ready() {
    return ready;
  }

  boolean hasReady() {
    return !ready.isEmpty();
  }

  void setLimits(int ticks, long nanos) {
    maxTicks = ticks;
    budgetNanos = nanos;
  }

  long slowNanos() {
    return slowNanos;
  }

  void setSlowNanos(long nanos) {
    slowNanos = nanos;
  }

  void run() {
    poll();
    runTicks();
  }

  private void runTicks() {
    long start = poller.nanoTime();
    long now = start;
    int ticks = 0;
    do {
      tick(now);
      ticks++;
      if (loop.mayBlock() || loop.isStopping() || ticks == maxTicks) {
        return;
      }
      now = poller.nanoTime();
    } while (now - start < budgetNanos);
  }

  /// Runs ticks as after a poll; a fatal error ends the tick and is reported, the host goes on.
  ///
  /// @return as [Loop#runTurn]
  long runAttached() {
    try {
      runTicks();
    } catch (KeyboardInterrupt | SystemExit fatal) {
      loop.reports().report(new ExceptionContext("Fatal error on an attached loop", fatal));
    }
    return loop.mayBlock() ? wheel.nextExpiryNanos(poller.nanoTime()) : 0;
  }

  private void poll() {
    if (!loop.mayBlock()) {
      poller.poll(0);
      return;
    }
    long wait = wheel.nextExpiryNanos(poller.nanoTime());
    gate.arm();
    poller.poll(inbox.isEmpty() ? wait : 0);
    gate.disarm();
  }

  private void tick(long now) {
    inbox.drainTo(ready);
    wheel.advance(now, ready);
    for (int left = ready.size(); left > 0; left--) {
      Handle handle = ready.poll();
      if (handle != null && !handle.isCancelled()) {
        run(handle);
      }
    }
  }

  private void run(Handle handle) {
    boolean timed = loop.isDebug();
    long start = 0;
    if (timed) {
      start = poller.nanoTime();
      running = handle;
    }
    Context used = null;
    try {
      context.become(handle.rawContext());
      try {
        handle.run();
      } finally {
        used = context.end(handle.rawContext());
      }
    } catch (KeyboardInterrupt | SystemExit fatal) {
      running = null;
      throw fatal;
    } catch (Throwable fault) {
      loop.reports().callbackFailed(handle, used, fault);
    }
    if (timed) {
      running = null;
      warnIfSlow(handle, poller.nanoTime() - start);
    }
  }

  /// {@return the handle that runs now, in debug mode}
  @Nullable Handle running() {
    return running;
  }

  private void warnIfSlow(Handle handle, long nanos) {
    if (nanos >= slowNanos) {
      ExceptionReports.warnSlow(handle, nanos);
    }
  }

  void clear() {
    ready.clear();
    wheel.clear();
  }
}
