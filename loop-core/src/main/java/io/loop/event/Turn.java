package io.loop.event;

import io.loop.context.Context;
import io.loop.context.CurrentContext;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// One turn of a loop: poll, then run what is ready.
///
/// Loop thread only.
final class Turn {

  /*
   *   1. poll: wait 0 if anything is ready, else until the wheel's next expiry, else forever
   *   2. take what other threads submitted, in order
   *   3. append the timers that are due, by deadline, then in order of insertion
   *   4. run exactly the handles that were ready when this step began
   *   again from 2 while anything is ready, up to `maxTicks` ticks or `budgetNanos`
   *
   * The run has two sides, the loop's thread and its host. Both execute advance() on the same
   * fields: the thread runs internal handles, the host the program's, and each yields to the other
   * when it reaches the other's work. So neither steps in a row nor callbacks in a row cost a
   * switch, and a loop with only callbacks stays on its host. A loop without a host has one side.
   *
   * 2 to 4 are one tick. What a handle schedules waits for the next tick, so a callback is never
   * re-entered and no chain of callbacks keeps the others from running. With a limit of one tick
   * this is exactly asyncio's loop. More ticks per poll change when the loop polls, but not the
   * order of anything on the loop.
   *
   * A fatal error leaves the rest of the queue for a later run.
   *
   * While the host is blocked in the middle of a callback or of the poll there is an Interlude.
   *
   * `running` is the running handle, null between ticks. Timers that it starts get their deadlines
   * when it is done: one reading of the clock for all that it started and did not cancel.
   *
   * A coroutine that yields while nothing else is ready continues immediately: skipTick skips the
   * tick, which would have run nothing else. Skipped ticks do not count towards `maxTicks`, but
   * their time does. The clock is read before every fourth of them. It is read before each one if,
   * at the pace so far, the end of the turn's budget or the next timer is near. Reading it more
   * rarely would be wrong, because the next step of a body may take a thousand times as long as
   * those before.
   */

  private static final int MAX_TICKS = 64;
  private static final int SKIPS_PER_LOOK = 4;
  private static final int MAX_PASSED = 1 << 20; // for clocks that do not advance
  private static final long BUDGET_NANOS = 100_000;
  private static final long SLOW_NANOS = 100_000_000;

  private final Loop loop;
  private final Poller poller;
  private final Inbox inbox;
  private final WakeupGate gate;
  private final CurrentContext context;
  private final TimerWheel wheel;
  private final ReadyQueue ready = new ReadyQueue();
  private final boolean pollNeedsHost;
  private final Runnable hostsPart = this::runHostsPart;
  private final Interlude interlude;
  private final Rescued rescued;
  private @Nullable LoopHost host;
  private final MemoryReserve reserve;

  private int maxTicks = MAX_TICKS;
  private long budgetNanos = BUDGET_NANOS;
  private long slowNanos = SLOW_NANOS;
  private @Nullable Handle running;
  private long startNanos;
  private int passed; // ticks in this turn, run or skipped
  private int nextLook;
  private int ticks; // ticks run in this turn
  private int left; // handles of this tick that have not run yet
  private boolean polling; // the next action is to poll
  private boolean aboutToSleep; // the gate is armed for the poll
  private boolean timerSet; // since the wait of the current poll was computed
  private volatile boolean isPolling; // on the loop's thread, which may park in the poll
  private boolean over; // the host has reached the end of the run
  private boolean isDueLater; // whether an attached loop's next turn has a due time
  private long dueNanos; // the due time

  Turn(Loop loop, Poller poller, Inbox inbox, WakeupGate gate, long originNanos) {
    this.loop = loop;
    this.poller = poller;
    this.inbox = inbox;
    this.gate = gate;
    this.context = loop.currentContext();
    this.wheel = new TimerWheel(originNanos, poller.isMovedByHand());
    this.pollNeedsHost = poller.needsHost();
    this.interlude = new Interlude(this, inbox, gate, loop.holdUp());
    this.rescued = loop.rescued();
    this.reserve = new MemoryReserve(poller);
  }

  void setHost(LoopHost host) {
    this.host = host;
  }

  Interlude interlude() {
    return interlude;
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

  /// See [PolledLoop#mayBlock].
  boolean mayBlock() {
    return inbox.isEmpty()
        && ready.isEmpty()
        && !(aboutToSleep && timerSet)
        && !loop.lifecycle().isStopping();
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

  /// Runs turns until the loop is stopped; loop's thread.
  void run() {
    polling = true;
    try {
      while (!over) {
        runBothSides();
      }
    } finally {
      over = false;
      left = 0;
      running = null;
    }
  }

  private void runBothSides() {
    try {
      over = advance(false);
      if (!over) {
        Objects.requireNonNull(host).run(hostsPart);
        interlude.throwFatal();
      }
    } catch (OutOfMemoryError full) { // outside the places that expect it
      MemoryReserve.useAfter(full);
      loop.reports().drop(full);
      polling = true;
      left = 0;
    }
  }

  private void runHostsPart() {
    over = advance(true);
  }

  /// Runs the handles of this side.
  ///
  /// @return true at the end of the run; false if the other side has to continue
  private boolean advance(boolean onHost) {
    while (true) {
      if (polling) {
        if (isOthers(pollNeedsHost, onHost)) {
          return false;
        }
        poll();
        polling = false;
        beginTicks();
      }
      if (!runHandles(onHost)) {
        return false;
      }
      running = null;
      if (!beginNextTick()) {
        if (loop.isAttached() || loop.lifecycle().isStopping()) {
          return true;
        }
        polling = true;
      }
    }
  }

  private boolean isOthers(boolean needsHost, boolean onHost) {
    return needsHost != onHost && host != null;
  }

  private void beginTicks() {
    startNanos = poller.nanoTime();
    passed = 0;
    ticks = 0;
    if (MemoryReserve.isUsed()) {
      reserve.restore();
    }
    loop.reports().tellDropped(startNanos);
    beginTick(startNanos);
  }

  private boolean beginNextTick() {
    ticks++;
    if (mayBlock() || loop.lifecycle().isStopping() || ticks == maxTicks) {
      return false;
    }
    long now = poller.nanoTime();
    if (now - startNanos >= budgetNanos) {
      return false;
    }
    beginTick(now);
    return true;
  }

  private void beginTick(long now) {
    passed++;
    nextLook = 0;
    collect(now);
    left = ready.size();
  }

  /// Runs the rest of this tick.
  ///
  /// @return false if the other side has to continue
  private boolean runHandles(boolean onHost) {
    while (left > 0) {
      Handle handle = ready.peek();
      if (handle != null && isOthers(handle.needsHost(), onHost) && !handle.isCancelled()) {
        return false;
      }
      left--;
      Handle _ = ready.poll();
      if (handle != null && !handle.isCancelled()) {
        runOne(handle);
      }
    }
    return true;
  }

  private void runOne(Handle handle) {
    if (!rescued.isNone()) {
      loop.sides().callOnCarrier(this::awaitRescued);
    }
    run(handle);
    if (wheel.hasUnplaced()) {
      wheel.place(poller.nanoTime());
    }
  }

  /// See [Handle#skipTick].
  boolean skipTick(Handle handle) {
    if (running != handle
        || !mayBlock()
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
    timerSet = true;
    placeUnlessRunning();
  }

  void startAt(TimerHandle timer) {
    wheel.schedule(timer, poller.nanoTime());
    timerSet = true;
    nextLook = 0;
  }

  boolean postpone(TimerHandle timer, long delayNanos) {
    boolean isPending = wheel.postpone(timer, delayNanos);
    timerSet = true; // it may be due sooner than before
    placeUnlessRunning();
    return isPending;
  }

  private void placeUnlessRunning() {
    if (running == null) {
      wheel.place(poller.nanoTime());
    }
  }

  long deadlineOf(TimerHandle timer) {
    if (wheel.isDelayed(timer)) {
      wheel.place(poller.nanoTime());
    }
    return timer.deadlineNanos;
  }

  /// Runs ticks as after a poll. A fatal error ends the tick and is reported; the host continues.
  ///
  /// @return see [PolledLoop#runTurn]
  long runAttached() {
    try {
      beginTicks();
      boolean _ = advance(false);
    } catch (KeyboardInterrupt | SystemExit thrown) {
      loop.reports().report(new ExceptionContext("Fatal error on an attached loop", thrown));
    } finally {
      left = 0;
      running = null;
    }
    dueNanos = poller.nanoTime();
    long wait = mayBlock() ? wheel.nextExpiryNanos(dueNanos) : 0;
    isDueLater = wait != Long.MAX_VALUE;
    dueNanos += wait;
    return wait;
  }

  /// {@return whether an attached loop's next turn is due} Any thread; between turns.
  boolean isDue() {
    return isDueLater && poller.nanoTime() - dueNanos >= 0;
  }

  /// {@return whether the loop polls, or will poll next} Any thread; the answer may be out of date.
  boolean isToPoll() {
    return polling;
  }

  private boolean awaitRescued() {
    rescued.awaitNone();
    return true;
  }

  /// {@return whether the current poll may wait}
  boolean isAboutToSleep() {
    return aboutToSleep;
  }

  /// {@return whether the loop's thread waits in an expected place} Any thread.
  boolean isWaiting() {
    return isPolling || interlude.isWaiting();
  }

  private void poll() {
    if (pollNeedsHost) {
      pollOnce();
      return;
    }
    isPolling = true;
    try {
      pollOnce();
    } finally {
      isPolling = false;
    }
  }

  private void pollOnce() {
    if (!mayBlock()) {
      poller.poll(0);
      return;
    }
    long wait = wheel.nextExpiryNanos(poller.nanoTime());
    timerSet = false;
    aboutToSleep = true;
    try {
      gate.arm();
      poller.poll(inbox.isEmpty() ? wait : 0);
    } finally {
      aboutToSleep = false;
      gate.disarm();
    }
  }

  /// Runs a handle out of order; the interrupted handle continues afterwards.
  void runAside(Handle handle) {
    Handle interrupted = running;
    CurrentContext.Left left = context.leave();
    try {
      runOne(handle);
    } finally {
      running = interrupted;
      context.comeBack(left);
    }
  }

  /// Takes the handles that other threads submitted, as far as memory allows.
  void drainInbox() {
    try {
      inbox.drainTo(ready);
    } catch (OutOfMemoryError full) {
      loop.reports().drop(full);
    }
  }

  private void collect(long now) {
    try {
      ready.makeRoom();
      inbox.drainTo(ready);
      wheel.advance(now, ready);
    } catch (OutOfMemoryError full) { // a later tick takes the rest
      MemoryReserve.useAfter(full);
      loop.reports().drop(full);
    }
  }

  private void run(Handle handle) {
    boolean timed = loop.isDebug();
    long start = timed ? poller.nanoTime() : 0;
    running = handle;
    Object own = handle.rawContext(); // the handle may drop it
    Context used = null;
    try {
      context.become(own);
      try {
        if (handle.needsHost() && CurrentContext.hasPropagators()) {
          runCarrying(handle, own);
        } else {
          handle.run();
        }
      } finally {
        used = context.end(own);
      }
    } catch (KeyboardInterrupt | SystemExit thrown) {
      throw thrown;
    } catch (Throwable fault) {
      loop.reports()
          .callbackFailed(handle, used != null ? used : CurrentContext.contextOf(own), fault);
    }
    if (timed) {
      warnIfSlow(handle, poller.nanoTime() - start);
    }
  }

  private static void runCarrying(Handle handle, Object own) throws Exception {
    try (var _ = CurrentContext.restoreCarried(own)) {
      handle.run();
    }
  }

  /// {@return the running handle}
  @Nullable Handle running() {
    return running;
  }

  private void warnIfSlow(Handle handle, long nanos) {
    if (nanos >= slowNanos) {
      loop.sides().runOnHost(() -> loop.reports().warnSlow(handle, nanos));
    }
  }

  /// Drops everything that is scheduled, and notifies callbacks that are [Droppable].
  void drop() {
    wheel.clearInto(ready);
    for (Handle handle; (handle = ready.poll()) != null; ) {
      try {
        handle.drop();
      } catch (Throwable fault) { // the others must be notified too
        loop.reports().callbackFailed(handle, handle.getContext(), fault);
      }
    }
  }
}
