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
   *
   * `running` is the handle that runs, null between ticks. A timer that it starts gets its deadline
   * when it is over: one reading of the clock for all that it started and did not cancel.
   *
   * A coroutine that only gives way to others, while there are none, goes on at once: skipTick passes
   * over the tick that would have run nothing else. Such ticks are no work, so they do not count
   * towards `maxTicks`; the time does. The clock is read before every fourth of them, and before each
   * one where at the pace so far the time would soon be up that is left until the end of the turn's
   * budget or the next timer, whichever comes first. Not more rarely, since the next step of a body
   * may take a thousand times as long as those before.
   */

  private static final int MAX_TICKS = 64;
  private static final int SKIPS_PER_LOOK = 4;
  private static final int MAX_PASSED = 1 << 20; // for clocks that stand still
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
  private long startNanos;
  private int passed; // ticks of this turn, run or skipped
  private int nextLook;

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
    long now = poller.nanoTime();
    startNanos = now;
    passed = 0;
    int ticks = 0;
    do {
      passed++;
      nextLook = 0;
      tick(now);
      ticks++;
      if (loop.mayBlock() || loop.isStopping() || ticks == maxTicks) {
        return;
      }
      now = poller.nanoTime();
    } while (now - startNanos < budgetNanos);
  }

  /// As [Handle#skipTick].
  boolean skipTick(Handle handle) {
    if (running != handle
        || !loop.mayBlock()
        || wheel.hasUnplaced()
        || maxTicks == 1
        || loop.isDebug()
        || (passed >= nextLook && !lookAhead())) {
      return false;
    }
    passed++;
    return true;
  }

  /// Reads the clock, and decides when to do so again.
  ///
  /// @return false if the time is up
  private boolean lookAhead() {
    long now = poller.nanoTime();
    long used = now - startNanos;
    long left = Math.min(budgetNanos - used, wheel.nextExpiryNanos(now));
    if (left <= 0 || passed >= MAX_PASSED) {
      return false;
    }
    long perTick = Math.max(1, used / passed);
    nextLook = passed + (int) Math.min(SKIPS_PER_LOOK, 1 + left / (2 * perTick));
    return true;
  }

  void startAfter(TimerHandle timer) {
    wheel.scheduleAfter(timer);
    placeUnlessRunning();
  }

  void startAt(TimerHandle timer) {
    wheel.schedule(timer, poller.nanoTime());
    nextLook = 0;
  }

  boolean postpone(TimerHandle timer, long delayNanos) {
    boolean isPending = wheel.postpone(timer, delayNanos);
    placeUnlessRunning();
    return isPending;
  }

  private void placeUnlessRunning() {
    if (running == null) {
      wheel.place(poller.nanoTime());
    }
  }

  long deadlineOf(TimerHandle timer) {
    if (wheel.hasNoDeadlineYet(timer)) {
      wheel.place(poller.nanoTime());
    }
    return timer.deadlineNanos;
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
    try {
      for (int left = ready.size(); left > 0; left--) {
        Handle handle = ready.poll();
        if (handle != null && !handle.isCancelled()) {
          run(handle);
          if (wheel.hasUnplaced()) {
            wheel.place(poller.nanoTime());
          }
        }
      }
    } finally {
      running = null;
    }
  }

  private void run(Handle handle) {
    boolean timed = loop.isDebug();
    long start = timed ? poller.nanoTime() : 0;
    running = handle;
    Context used = null;
    try {
      context.become(handle.rawContext());
      try {
        handle.run();
      } finally {
        used = context.end(handle.rawContext());
      }
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      loop.reports().callbackFailed(handle, used, fault);
    }
    if (timed) {
      warnIfSlow(handle, poller.nanoTime() - start);
    }
  }

  /// {@return the handle that runs now}
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
