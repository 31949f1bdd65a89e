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
   *   3. append the timers that are due, by deadline, then in order of insertion; not in each tick,
   *      if ticks are short: see TurnBudget
   *   4. run exactly the handles that were ready when this step began
   *   again from 2 while anything is ready, as long as the budget allows
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
   * `running` is the running handle, null between ticks. Timers that it starts are placed when it is
   * done: see Timers. TurnBudget says when a turn has had enough ticks and time.
   */

  private final Loop loop;
  private final Poller poller;
  private final Inbox inbox;
  private final WakeupGate gate;
  private final CurrentContext context;
  private final Timers timers;
  private final TimerWheel wheel;
  private final TurnBudget budget;
  private final ReadyQueue ready = new ReadyQueue();
  private final boolean pollNeedsHost;
  private final Runnable hostsPart = this::runHostsPart;
  private final Interlude interlude;
  private final Rescued rescued;
  private @Nullable LoopHost host;
  private final MemoryReserve reserve;

  private @Nullable Handle running;
  private int handles; // handles of this tick
  private int left; // handles of this tick that have not run yet
  private boolean polling; // the next action is to poll
  private boolean aboutToSleep; // the gate is armed for the poll
  private volatile boolean isPolling; // on the loop's thread, which may park in the poll
  private boolean over; // the host has reached the end of the run
  private boolean isDueLater; // whether an attached loop's next turn has a due time
  private long dueNanos; // the due time

  Turn(Loop loop, Poller poller, Inbox inbox, WakeupGate gate) {
    this.loop = loop;
    this.poller = poller;
    this.inbox = inbox;
    this.gate = gate;
    this.context = loop.currentContext();
    this.timers = new Timers(this, poller);
    this.wheel = timers.wheel();
    this.budget = new TurnBudget(poller, wheel);
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

  Timers timers() {
    return timers;
  }

  TurnBudget budget() {
    return budget;
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
        && !(aboutToSleep && timers.wereSet())
        && !loop.lifecycle().isStopping();
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
    long now = poller.nanoTime();
    budget.begin(now);
    if (MemoryReserve.isUsed()) {
      reserve.restore();
    }
    loop.reports().tellDropped(now);
    beginTick(true, now);
  }

  private boolean beginNextTick() {
    if (!budget.endTick(handles) || mayBlock() || loop.lifecycle().isStopping()) {
      return false;
    }
    boolean isFresh = budget.isClockFresh();
    long now = isFresh ? 0 : poller.nanoTime();
    if (!isFresh && budget.isSpent(now)) {
      return false;
    }
    beginTick(!isFresh, now);
    return true;
  }

  private void beginTick(boolean firesTimers, long now) {
    try {
      ready.makeRoom();
      inbox.drainTo(ready);
      if (firesTimers) {
        wheel.advance(now, ready);
      }
    } catch (OutOfMemoryError full) { // a later tick takes the rest
      MemoryReserve.useAfter(full);
      loop.reports().drop(full);
    }
    handles = ready.size();
    left = handles;
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
      timers.place();
    }
  }

  /// See [Handle#skipTick].
  boolean skipTick(Handle handle) {
    return running == handle
        && mayBlock()
        && !wheel.hasUnplaced()
        && !loop.isDebug()
        && budget.skipTick();
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
    long wait = timers.beginWait();
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
      loop.reports().warnIfSlow(handle, poller.nanoTime() - start);
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
