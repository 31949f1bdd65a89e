package io.loop.event;

import io.loop.context.Context;
import io.loop.context.CurrentContext;
import java.time.Duration;
import java.util.Objects;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// An event loop: runs callbacks one at a time, in asyncio's order.
///
/// A loop belongs to the thread that runs it. All methods are for that thread and for the
/// coroutines of this loop, except those that say "any thread". In debug mode a call from another
/// thread is refused; otherwise it is a data race. No method suspends. A callback that blocks holds
/// up everything on the loop, except coroutines that return from blocking calls.
///
/// Callbacks run on the loop's host, a virtual thread whose carrier is the thread that runs the
/// loop (see [#hasHost]). Coroutines run on their own virtual threads. All of these count as the
/// loop's thread.
///
/// Source: `asyncio.AbstractEventLoop`, Python 3.15. Differences: timers with equal deadlines fire
/// in the order in which they were scheduled (asyncio leaves the order open), and up to
/// [#setTicksPerPoll] ticks run between two polls (asyncio: one).
public final class Loop implements AutoCloseable {

  /*
   * This class is the public interface. What it asks of:
   *
   *   Presence    who is on the loop, and may call it
   *   Lifecycle   running, attached turns, stopping, closing
   *   Sides       the loop's own thread and its host
   *   Turn        the order of a tick; with the ready queue and the TurnBudget
   *   Timers      when timers start; with the TimerWheel
   *   Inbox and WakeupGate   what crosses threads
   *   PolledLoop  what only the poller may ask
   *   EnteredLoop what only the layer of the guests may ask
   *
   * The file is long because each of asyncio's methods, with and without a context, carries its
   * contract here; the code itself is short.
   */

  private static final String DEBUG_PROPERTY = "io.loop.debug";
  private static boolean debugWasOn = Boolean.getBoolean(DEBUG_PROPERTY); // on any loop

  static {
    CurrentContext.findWith(Presence::contextHere);
  }

  private final Poller poller;
  private final boolean attached;
  private final CurrentContext currentContext = new CurrentContext();
  private final ExceptionReports reports = new ExceptionReports(this);
  private final HoldUp holdUp = new HoldUp(this);
  private final Locals locals = new Locals();
  private final Rescued rescued = new Rescued();
  private final WakeupGate gate = new WakeupGate();
  private final Presence presence;
  private final Sides sides;
  private final Inbox inbox;
  private final Turn turn;
  private final Timers timers;
  private final Lifecycle lifecycle;

  private volatile @Nullable GuestDirectory guests;
  private boolean debug = Boolean.getBoolean(DEBUG_PROPERTY);

  private Loop(Poller poller, boolean attached) {
    this.poller = poller;
    this.attached = attached;
    this.presence = new Presence(this, poller, attached, rescued);
    this.sides = new Sides(this, poller, presence, attached);
    this.inbox = new Inbox(this);
    this.turn = new Turn(this, poller, inbox, gate);
    this.timers = turn.timers();
    this.lifecycle = new Lifecycle(this, poller, attached, sides, inbox, gate);
    lifecycle.open();
  }

  /// {@return a new loop on the best available poller: Netty's if loop-netty is on the class or
  /// module path, otherwise one that parks the thread}
  public static Loop create() {
    return create(Pollers.best());
  }

  /// {@return a new loop on a poller}
  ///
  /// @param poller the poller; it serves this loop only
  public static Loop create(Poller poller) {
    return new Loop(poller, false);
  }

  /// {@return a new loop that is attached to a host, an existing executor} It counts as running
  /// from now on. Its poller calls [PolledLoop#runTurn] on the host's thread.
  ///
  /// It cannot be run or stopped. It is closed on the host's thread.
  ///
  /// @param poller the poller; it serves this loop only
  public static Loop attach(Poller poller) {
    return new Loop(poller, true);
  }

  /// {@return the loop that the caller runs on} Any thread. If a loop is attached to an event loop
  /// or another executor, that executor's thread is always on the loop, also in the executor's own
  /// handlers and tasks.
  ///
  /// Source: `asyncio.get_running_loop`.
  ///
  /// @throws IllegalStateException if the caller is neither a callback nor a coroutine of a loop
  public static Loop running() {
    Loop loop = runningOrNull();
    if (loop == null) {
      throw new IllegalStateException(
          "no running event loop: call this from a coroutine or a callback, for example inside"
              + " Asyncio.run; from another thread, use loop.callSoonThreadsafe(() -> ...)");
    }
    return loop;
  }

  /// {@return the loop that the caller runs on, or null if there is none} Any thread.
  public static @Nullable Loop runningOrNull() {
    return Presence.loopHere();
  }

  /// Schedules a callback for the next tick, after everything that is already scheduled.
  ///
  /// It runs in a copy of the current context, never inside this call.
  ///
  /// Source: `loop.call_soon`.
  ///
  /// @param callback the callback
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoon(Callback callback) {
    return callSoon(callback, null);
  }

  /// Schedules a callback for the next tick, in a given context.
  ///
  /// @param callback the callback
  /// @param context the context to run it in, not copied; null for a copy of the current one
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoon(Callback callback, @Nullable Context context) {
    Objects.requireNonNull(callback, "callback");
    var handle = new Handle(this, callback, context);
    append(handle);
    return handle;
  }

  /// Schedules a callback from any thread, and wakes the loop if it is waiting.
  ///
  /// Callbacks from one thread run in the order of the calls. The handle may be cancelled from any
  /// thread: either the callback never runs, or `cancel` returns after it has run.
  ///
  /// Source: `loop.call_soon_threadsafe`.
  ///
  /// @param callback the callback, which runs on the loop's thread
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoonThreadsafe(Callback callback) {
    return callSoonThreadsafe(callback, null);
  }

  /// Schedules a callback from any thread, in a given context.
  ///
  /// @param callback the callback, which runs on the loop's thread
  /// @param context the context to run it in, not copied; null for a copy of the current one
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoonThreadsafe(Callback callback, @Nullable Context context) {
    Objects.requireNonNull(callback, "callback");
    var handle = new SharedHandle(this, callback, context);
    if (isOnLoop()) {
      append(handle);
    } else if (!inbox.add(handle)) {
      throw Lifecycle.closedError();
    } else if (gate.claim()) {
      wakeup();
    }
    return handle;
  }

  private void wakeup() {
    turn.interlude().wake();
    poller.wakeup(); // even if the host is blocked: it may be blocked in the poll
  }

  /// Schedules a callback to run after a delay.
  ///
  /// It never runs early. It runs at most two milliseconds late, plus the time for callbacks that
  /// run before it. The delay starts when the current callback returns or the current coroutine
  /// suspends, or earlier if [TimerHandle#when] is called. A delay of zero or less is due in the
  /// next tick, after everything that is ready by then.
  ///
  /// Source: `loop.call_later`, where the delay starts with the call.
  ///
  /// @param delay the delay
  /// @param callback the callback
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callLater(Duration delay, Callback callback) {
    return callLater(delay, callback, null);
  }

  /// Schedules a callback to run after a delay, in a given context.
  ///
  /// @param delay the delay
  /// @param callback the callback
  /// @param context the context to run it in, not copied; null for a copy of the current one
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callLater(Duration delay, Callback callback, @Nullable Context context) {
    requireUsable(callback); // before the clock of the wheel is read
    var timer = new TimerHandle(this, timers.deadlineAfter(delay), callback, context);
    timers.startAfter(timer);
    lifecycle.requestTurn();
    return timer;
  }

  /// Schedules a callback for a time on this loop's clock; see [#callLater(Duration, Callback)].
  ///
  /// Source: `loop.call_at`.
  ///
  /// @param when the deadline, on the clock that [#time] reads
  /// @param callback the callback
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callAt(Duration when, Callback callback) {
    return callAt(when, callback, null);
  }

  /// Schedules a callback for a time on this loop's clock, in a given context.
  ///
  /// @param when the deadline, on the clock that [#time] reads
  /// @param callback the callback
  /// @param context the context to run it in, not copied; null for a copy of the current one
  /// @return a handle that can cancel it
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callAt(Duration when, Callback callback, @Nullable Context context) {
    requireUsable(callback);
    var timer = new TimerHandle(this, timers.deadlineAt(when), callback, context);
    timers.startAt(timer);
    lifecycle.requestTurn();
    return timer;
  }

  private void requireUsable(Callback callback) {
    Objects.requireNonNull(callback, "callback");
    requireUsable();
  }

  /// {@return the time on this loop's clock: monotonic, with an arbitrary origin} Any thread.
  ///
  /// Source: `loop.time`.
  public Duration time() {
    return timers.time();
  }

  /// Runs on the calling thread until [#stop] is called.
  ///
  /// The thread must not hold a monitor (`synchronized`), because JDK 25 would treat it as held by
  /// a coroutine. `Asyncio.run` runs its loop on a separate thread, so it has no such limit.
  ///
  /// Source: `loop.run_forever`.
  ///
  /// @throws IllegalStateException if this loop is closed or already running, if another loop runs
  ///   on this thread, or if this is a virtual thread
  /// @throws KeyboardInterrupt if a callback or task threw it; what was ready stays ready
  /// @throws SystemExit likewise
  public void runForever() {
    lifecycle.runForever();
  }

  /// {@return whether this loop has a host: its own virtual thread, which runs the program's
  /// callbacks and polls}
  ///
  /// While a callback blocks there, coroutines that return from blocking calls continue, as they do
  /// while a coroutine blocks. Attached loops have no host thread, nor do loops on the portable
  /// carrier.
  public boolean hasHost() {
    return sides.hasHost();
  }

  /// Checks that this loop can be run on this thread now.
  ///
  /// @throws IllegalStateException if [#runForever] would throw one
  public void requireRunnable() {
    lifecycle.requireRunnable();
  }

  /// Makes [#runForever] return after the current tick, or after one tick if the loop is not
  /// running yet. What that tick schedules stays queued for the next run.
  ///
  /// Source: `loop.stop`.
  public void stop() {
    checkTurn();
    lifecycle.stop();
  }

  /// {@return whether this loop is running} Any thread, but the answer may be out of date.
  public boolean isRunning() {
    return lifecycle.isRunning();
  }

  /// {@return whether this loop is attached to a host: see [#attach]} Any thread.
  public boolean isAttached() {
    return attached;
  }

  /// {@return whether this loop is closed} Any thread.
  public boolean isClosed() {
    return lifecycle.isClosed();
  }

  /// Drops everything that is scheduled, without running it, and releases the poller. Closing twice
  /// does nothing.
  ///
  /// Suspended coroutines are unwound first: each await in them throws a cancellation, so their
  /// `finally` blocks run. Tasks that have not started are cancelled. Then futures that other
  /// threads got for this loop's futures and bodies are settled; those without an outcome are
  /// cancelled. Failures that were never retrieved are reported.
  ///
  /// A concurrent call of [#callSoonThreadsafe] is refused, or its callback is dropped like the
  /// others. A dropped callback that is a [Droppable] is notified.
  ///
  /// Source: `loop.close`.
  ///
  /// @throws IllegalStateException if this loop is running, is in a turn, or is attached and this
  ///   is not its host's thread
  @Override
  public void close() {
    lifecycle.close();
  }

  /// Sets the handler for failures that cannot be thrown to any caller.
  ///
  /// Source: `loop.set_exception_handler`.
  ///
  /// @param handler the handler; null for the default, which logs to the system logger `io.loop`
  public void setExceptionHandler(
      @Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler) {
    checkTurn();
    reports.setHandler(handler);
  }

  /// {@return the handler that was set, or null for the default}
  public @Nullable BiConsumer<? super Loop, ? super ExceptionContext> getExceptionHandler() {
    checkTurnToRead();
    return reports.handler();
  }

  /// Reports a failure to the exception handler.
  ///
  /// Throws only [KeyboardInterrupt] and [SystemExit], if the handler throws them. If a report
  /// fails, for example because memory has run out, it is dropped. The handler gets the number of
  /// dropped reports as soon as possible.
  ///
  /// Source: `loop.call_exception_handler`.
  ///
  /// @param failure what happened
  public void callExceptionHandler(ExceptionContext failure) {
    reports.report(failure);
  }

  /// Reports a failure of one object to the exception handler; see
  /// [#callExceptionHandler(ExceptionContext)].
  ///
  /// @param message what happened
  /// @param exception the exception, or null if there is none
  /// @param key the key of the object in the details
  /// @param subject the object
  public void callExceptionHandler(
      String message, @Nullable Throwable exception, String key, Object subject) {
    reports.report(message, exception, key, subject);
  }

  /// Logs a failure as the default handler does; for handlers that pass some failures on.
  ///
  /// Source: `loop.default_exception_handler`.
  ///
  /// @param failure what happened
  public void defaultExceptionHandler(ExceptionContext failure) {
    reports.logFailure(failure);
  }

  /// {@return whether debug mode is on; initially it is if the system property `io.loop.debug` is
  /// true} Any thread, but the answer may be out of date.
  public boolean isDebug() {
    return debug;
  }

  /// Turns debug mode on or off: calls from wrong threads are refused, slow callbacks are logged,
  /// and handles, futures and tasks record where they were created.
  ///
  /// Source: `loop.set_debug`.
  ///
  /// @param debug whether it is on
  public void setDebug(boolean debug) {
    checkTurn();
    if (debug) {
      debugWasOn = true;
    }
    this.debug = debug;
  }

  /// {@return whether any loop of this JVM is or was in debug mode} Any thread. Layers on top of
  /// this one record data for the checks of debug mode only if this is true.
  public static boolean debugWasOn() {
    return debugWasOn;
  }

  /// Sets the run time from which debug mode logs a callback as slow; 100 ms by default.
  ///
  /// @param duration the threshold
  public void setSlowCallbackDuration(Duration duration) {
    checkTurn();
    reports.setSlowNanos(Nanos.of(duration));
  }

  /// {@return the run time from which debug mode logs a callback as slow}
  ///
  /// Source: `loop.slow_callback_duration`.
  public Duration slowCallbackDuration() {
    checkTurnToRead();
    return Duration.ofNanos(reports.slowNanos());
  }

  /// Sets how much may run between two polls.
  ///
  /// A tick in which only a yielding task would run is skipped and not counted, unless the limit is
  /// one tick.
  ///
  /// @param ticks the highest number of ticks between two polls, 256 by default; 1 is asyncio's
  ///   behaviour
  /// @param budget the time after which no new tick starts before the next poll, 100 µs by default
  /// @throws IllegalArgumentException if ticks is below 1, or the budget is negative
  public void setTicksPerPoll(int ticks, Duration budget) {
    checkTurn();
    turn.budget().setLimits(ticks, budget);
  }

  /// {@return whether the caller is on this loop: its thread, or the guest whose turn it is} Any
  /// thread. A guest that continued on its own after a blocking call may wait for its turn here.
  public boolean isOnLoop() {
    return presence.isHere();
  }

  /// Admits guests, which run work of this loop on their own threads. For the layer that creates
  /// them.
  ///
  /// @param directory the guests, for reports about a loop that is held up, and for the end of the
  ///   loop; replaces an earlier one
  /// @return what only that layer may ask of this loop
  public EnteredLoop admitGuests(GuestDirectory directory) {
    guests = directory;
    return new EnteredLoop(this);
  }

  /// Ensures that the caller has its turn on this loop, in debug mode and after
  /// [EnteredLoop#requireTurns].
  ///
  /// A guest that continued on its own after a blocking call waits here for its turn. A caller that
  /// is not on the loop is refused. While the loop is not running, any caller is accepted. For
  /// layers whose own structures belong to the loop.
  ///
  /// @throws IllegalStateException if the loop is running and the caller is not on it
  public void checkTurn() {
    presence.check(debug);
  }

  /// Ensures that the caller has its turn on this loop, like [#checkTurn], but refuses a caller
  /// only in debug mode. For methods that change nothing.
  ///
  /// @throws IllegalStateException in debug mode, if the loop is running and the caller is not on
  ///   it
  public void checkTurnToRead() {
    presence.checkToRead(debug);
  }

  CurrentContext currentContext() {
    return currentContext;
  }

  /// {@return the current context of any caller}
  CurrentContext contextHere() {
    return presence.isPlainlyHere() ? currentContext : CurrentContext.here();
  }

  Presence presence() {
    return presence;
  }

  Sides sides() {
    return sides;
  }

  Lifecycle lifecycle() {
    return lifecycle;
  }

  Turn turn() {
    return turn;
  }

  ExceptionReports reports() {
    return reports;
  }

  @Nullable GuestDirectory guests() {
    return guests;
  }

  HoldUp holdUp() {
    return holdUp;
  }

  Rescued rescued() {
    return rescued;
  }

  Timers timers() {
    return timers;
  }

  Locals locals() {
    return locals;
  }

  void append(Handle handle) {
    requireUsable();
    if (presence.isVacant()) {
      inbox.drainTo(turn.ready()); // nothing else drains it here; keep the order of submission
      lifecycle.requestTurn();
    }
    turn.append(handle);
  }

  private void requireUsable() {
    lifecycle.requireOpen();
    checkTurn();
  }
}
