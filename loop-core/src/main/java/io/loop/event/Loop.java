package io.loop.event;

import io.loop.coroutine.Coroutine;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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
   *   OPEN --run--> RUNNING --stop--> OPEN --close--> CLOSED (final)
   *   ATTACHED --------------------------------close--> CLOSED
   *
   * An attached loop has no run: its poller calls runTurn on the host's thread after wakeup(), or
   * when the time that the last turn returned has passed. Between turns `thread` is null, and any
   * code on the host's thread is on the loop. HOSTED finds the loop then, if the poller says that
   * the host has one thread. The loop it finds may be closed, or its host may have moved to another
   * thread.
   *
   * `thread` is set exactly while running; `closed` is final. Turn decides the order of a tick,
   * TimerWheel that of timers; Inbox and WakeupGate cross threads. This class is the public
   * interface, and checks who may call it.
   *
   * Other threads may read `guest`, a plain field, to ask "is it me?". A stale value is a guest
   * other than the reader, or the reader itself, which continued after a blocking call. So where
   * guests may do that, the answer is yes only after rejoin().
   *
   * The file is long because every overload carries its contract; the code itself is short.
   */

  private static final ThreadLocal<@Nullable Loop> RUNNING = new ThreadLocal<>();
  private static final ThreadLocal<@Nullable Loop> HOSTED = new ThreadLocal<>();

  private static final String DEBUG_PROPERTY = "io.loop.debug";
  private static boolean debugWasOn = Boolean.getBoolean(DEBUG_PROPERTY); // on any loop

  private final Poller poller;
  private final boolean attached;
  private final long originNanos;
  private final HoldUp holdUp = new HoldUp(this);
  private final Turn turn;
  private final Inbox inbox = new Inbox(this);
  private final WakeupGate gate = new WakeupGate();
  private final CurrentContext currentContext = new CurrentContext();
  private final ExceptionReports reports = new ExceptionReports(this);
  private final Locals locals = new Locals();
  private final Rescued rescued = new Rescued();

  private volatile @Nullable Thread thread;
  private volatile @Nullable Thread latest; // the thread of an attached loop's last turn
  private @Nullable Guest guest;
  private @Nullable LoopHost host;
  private @Nullable Thread hostThread; // the host's, for the check that every call makes
  private volatile @Nullable GuestDirectory guests;
  private volatile boolean asked; // for a turn of an attached loop, since the last one
  private boolean stopping;
  private boolean strict;
  private volatile boolean closed;
  private boolean debug = Boolean.getBoolean(DEBUG_PROPERTY);

  private Loop(Poller poller, boolean attached) {
    this.poller = poller;
    this.attached = attached;
    this.originNanos = poller.nanoTime();
    this.turn = new Turn(this, poller, inbox, gate, originNanos);
    poller.open(this);
    if (attached) {
      gate.arm(); // between turns it sleeps
    }
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
  /// from now on. Its poller calls [#runTurn] on the host's thread.
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
    if (!Thread.currentThread().isVirtual()) {
      Loop loop = RUNNING.get();
      return loop != null ? loop : hosted();
    }
    if (!(Coroutine.currentOwner() instanceof Guest here)) {
      return null;
    }
    Loop loop = here.loop();
    if (loop.strict) {
      here.rejoin();
    }
    return loop;
  }

  private static @Nullable Loop hosted() {
    Loop loop = HOSTED.get();
    return loop != null && !loop.closed && loop.poller.isHostThread() ? loop : null;
  }

  /// Notes that this attached loop's host runs on the calling thread only, so that [#running] finds
  /// the loop there between turns too. For the poller, which calls it on each new thread of the
  /// host.
  ///
  /// Code on that thread cannot run another loop.
  public void adoptThread() {
    if (HOSTED.get() != this && !closed) {
      HOSTED.set(this);
    }
  }

  /// {@return whether the caller is on this loop only as its host: no turn is under way}
  boolean isBetweenTurnsHere() {
    return attached && thread == null && !Thread.currentThread().isVirtual();
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
      throw closedError();
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
    TimerHandle timer = newTimer(Nanos.of(delay), callback, context);
    turn.startAfter(timer);
    tellHost();
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
    TimerHandle timer = newTimer(originNanos + Nanos.of(when), callback, context);
    turn.startAt(timer);
    tellHost();
    return timer;
  }

  private TimerHandle newTimer(long nanos, Callback callback, @Nullable Context context) {
    Objects.requireNonNull(callback, "callback");
    requireUsable();
    return new TimerHandle(this, nanos, callback, context);
  }

  /// The host of an attached loop does not know of a new deadline yet.
  void tellHost() {
    if (attached && thread == null) {
      asked = true;
      poller.wakeup();
    }
  }

  /// {@return the time on this loop's clock: monotonic, with an arbitrary origin} Any thread.
  ///
  /// Source: `loop.time`.
  public Duration time() {
    return sinceOrigin(poller.nanoTime());
  }

  Duration sinceOrigin(long nanos) {
    return Duration.ofNanos(nanos - originNanos);
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
    requireRunnable();
    poller.enter();
    boolean hosted = findHost() != null;
    thread = Thread.currentThread();
    RUNNING.set(this);
    try {
      if (hosted) {
        turn.run();
      } else {
        holdUp.watch();
        poller.enclose(turn::run);
      }
    } finally {
      stopping = false;
      thread = null;
      RUNNING.remove();
      if (host != null) {
        host.setCarrier(null);
      }
    }
  }

  /// Runs one turn: what is ready, until the next poll is due. For the poller of an attached loop,
  /// on the host's thread. A call from inside a turn does nothing.
  ///
  /// Exceptions of callbacks are reported to the exception handler and do not reach the host.
  ///
  /// @return the time until the next turn, in nanoseconds; 0 if there is more to do now,
  ///   `Long.MAX_VALUE` if no turn is due until [Poller#wakeup]
  public long runTurn() {
    if (closed || thread != null) {
      return Long.MAX_VALUE;
    }
    Loop outer = RUNNING.get();
    Thread caller = Thread.currentThread();
    thread = caller;
    if (latest != caller) {
      latest = caller;
    }
    RUNNING.set(this);
    if (asked) {
      asked = false;
    }
    try {
      holdUp.watch();
      gate.disarm();
      return turn.runAttached();
    } finally {
      thread = null;
      RUNNING.set(outer);
      gate.arm();
      if (!inbox.isEmpty()) {
        poller.wakeup();
      }
    }
  }

  /// {@return whether this loop has a host: its own virtual thread, which runs the program's
  /// callbacks and polls}
  ///
  /// While a callback blocks there, coroutines that return from blocking calls continue, as they do
  /// while a coroutine blocks. Attached loops have no host thread, nor do loops on the portable
  /// carrier.
  public boolean hasHost() {
    return !attached && !Coroutine.isPortable();
  }

  /// {@return the host, created by the first run; null if this loop has none}
  private @Nullable LoopHost findHost() {
    if (host == null && hasHost()) {
      host = new LoopHost(this, poller);
      hostThread = host.thread();
      turn.setHost(host);
    }
    if (host != null) {
      host.setCarrier(Thread.currentThread());
    }
    return host;
  }

  /// Runs something on the thread that runs the program's callbacks, and waits for it. That is the
  /// host's thread, or the caller's if there is no host or the caller is not on the loop's thread.
  /// For layers on top of this one.
  ///
  /// If it throws, throws the same exception object, undeclared.
  ///
  /// @param work the work
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host is blocked; check [#isHostFree] first
  @SuppressWarnings({"unchecked", "NullAway"}) // the result is what `work` returned
  public <T extends @Nullable Object> T callOnHost(Supplier<T> work) {
    LoopHost other = host;
    if (other == null || !other.isOnCarrier()) {
      return work.get();
    }
    var result = new @Nullable Object[1];
    other.run(() -> result[0] = work.get());
    return (T) result[0];
  }

  /// Runs internal work that notifies the program: on the host now, or soon if the host is blocked.
  void runOnHost(Runnable work) {
    if (isHostFree()) {
      callOnHost(() -> {
        work.run();
        return true;
      });
    } else {
      turn.append(new Handle(this, work::run, null));
    }
  }

  /// {@return whether [#callOnHost] may be called: the host is in no blocking call} Loop thread and
  /// host only.
  public boolean isHostFree() {
    LoopHost other = host;
    return other == null || !other.isOnCarrier() || other.isHostFree();
  }

  /// Runs something on the loop's own thread, which mounts the loop's coroutines, and waits for it.
  /// For layers on top of this one; loop thread and host only.
  ///
  /// If it throws, throws the same exception object, undeclared.
  ///
  /// @param work the work; must not block, nor run the program's code
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host cannot be suspended here, because of a native frame
  ///   or a class initializer on its stack
  public <T extends @Nullable Object> T callOnCarrier(Supplier<T> work) {
    LoopHost here = host;
    return here != null && here.isCurrentThread() ? here.callOnCarrier(work) : work.get();
  }

  /// Checks that this loop can be run on this thread now.
  ///
  /// @throws IllegalStateException if [#runForever] would throw one
  public void requireRunnable() {
    if (closed) {
      throw closedError();
    }
    if (isRunning()) {
      throw new IllegalStateException("This event loop is already running");
    }
    if (runningOrNull() != null) {
      throw new IllegalStateException("Cannot run the event loop while another loop is running");
    }
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "A loop needs a platform thread, but this is a virtual one; run it from main or from"
              + " Thread.ofPlatform()");
    }
  }

  /// Makes [#runForever] return after the current tick, or after one tick if the loop is not
  /// running yet. What that tick schedules stays queued for the next run.
  ///
  /// Source: `loop.stop`.
  public void stop() {
    checkTurn();
    if (attached) {
      throw new IllegalStateException("An attached loop cannot be stopped; close it");
    }
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  /// {@return whether this loop is running} Any thread, but the answer may be out of date.
  public boolean isRunning() {
    return attached ? !closed : thread != null;
  }

  /// {@return whether this loop is attached to a host: see [#attach]} Any thread.
  public boolean isAttached() {
    return attached;
  }

  /// {@return whether this loop is closed} Any thread.
  public boolean isClosed() {
    return closed;
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
    if (thread != null) {
      throw new IllegalStateException("Cannot close a running event loop; stop it first");
    }
    if (closed) {
      return;
    }
    if (attached && !poller.isHostThread()) {
      throw new IllegalStateException("Close an attached loop on the thread of its host");
    }
    requireClosable();
    poller.enter();
    LoopHost closing = Thread.currentThread().isVirtual() ? null : findHost();
    if (closing == null) {
      poller.enclose(this::closeAll);
    } else {
      closing.run(this::closeAll);
      closing.end();
    }
  }

  /// Runs only guests that return from blocking calls, until a condition is true; for a layer whose
  /// guests must end before this loop is closed. Loop's own thread only.
  ///
  /// @param over the condition; checked after each guest
  /// @param patience the time limit
  public void runReturnsUntil(BooleanSupplier over, Duration patience) {
    if (over.getAsBoolean()) {
      return;
    }
    var timeUp = new AtomicBoolean();
    Interlude interlude = turn.interlude();
    CompletableFuture.delayedExecutor(Nanos.of(patience), TimeUnit.NANOSECONDS)
        .execute(() -> {
          timeUp.set(true);
          interlude.wake();
        });
    interlude.runUntil(() -> timeUp.get() || over.getAsBoolean());
    interlude.throwFatal();
  }

  private void requireClosable() {
    if (host != null && Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "This loop has run on a platform thread; close it there, and not on a virtual" + " one");
    }
  }

  private void closeAll() {
    try {
      poller.flush();
    } finally {
      closeFlushed();
    }
  }

  private void closeFlushed() {
    locals.close(guests, reports);
    reports.tellDropped();
    closed = true;
    if (HOSTED.get() == this) {
      HOSTED.remove();
    }
    inbox.closeInto(turn.ready());
    turn.drop();
    poller.close();
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
    turn.setSlowNanos(Nanos.of(duration));
  }

  /// {@return the run time from which debug mode logs a callback as slow}
  ///
  /// Source: `loop.slow_callback_duration`.
  public Duration slowCallbackDuration() {
    checkTurnToRead();
    return Duration.ofNanos(turn.slowNanos());
  }

  /// Sets how much may run between two polls.
  ///
  /// A tick in which only a yielding task would run is skipped and not counted, unless the limit is
  /// one tick.
  ///
  /// @param ticks the highest number of ticks between two polls, 64 by default; 1 is asyncio's
  ///   behaviour
  /// @param budget the time after which no new tick starts before the next poll, 100 µs by default
  /// @throws IllegalArgumentException if ticks is below 1, or the budget is negative
  public void setTicksPerPoll(int ticks, Duration budget) {
    checkTurn();
    if (ticks < 1) {
      throw new IllegalArgumentException("ticks must be at least 1, got " + ticks);
    }
    if (budget.isNegative()) {
      throw new IllegalArgumentException("the budget must not be negative, got " + budget);
    }
    turn.setLimits(ticks, Nanos.of(budget));
  }

  /// {@return whether nothing is ready to run, so that the poller may wait} Also false if a timer
  /// was set during the poll: it may be due before the end of the wait that the poller was given.
  public boolean mayBlock() {
    return inbox.isEmpty() && !turn.hasReady() && !turn.hasTimerSetInPoll() && !stopping;
  }

  /// {@return whether the caller is on this loop: its thread, or the guest whose turn it is} Any
  /// thread. A guest that continued on its own after a blocking call may wait for its turn here.
  public boolean isOnLoop() {
    Thread caller = Thread.currentThread();
    Thread runner = thread;
    if (runner == caller || hostThread == caller) {
      return true;
    }
    Guest here = guest;
    if (here == null || !here.isCurrentThread()) {
      return attached && runner == null && poller.isHostThread();
    }
    if (strict) {
      here.rejoin();
    }
    return true;
  }

  /// Gives a guest its turn; loop thread only.
  ///
  /// @param entering the guest whose thread runs next; null for the loop's own
  /// @return the guest that had the turn, to pass to [#enter] afterwards
  public @Nullable Guest enter(@Nullable Guest entering) {
    Guest before = guest;
    guest = entering;
    return before;
  }

  /// {@return whether this loop's thread is in a blocking call other than its poll, so that no
  /// guest can get its turn} Any thread; the answer may be out of date.
  ///
  /// On a loop with a host this happens only if a stack cannot be unmounted, or inside the JDK. On
  /// an attached loop it happens whenever a callback or another task of the executor blocks.
  public boolean isHeldUp() {
    Thread owner = attached ? latest : thread;
    return owner != null && !turn.isWaiting() && !rescued.isAwaited() && Rescued.isHeldUp(owner);
  }

  /// {@return the thread that should run this loop, if it is in a blocking call other than its
  /// poll} Any thread; the answer may be out of date.
  @Nullable Thread heldUpThread() {
    Thread owner = attached ? latest : thread;
    return owner != null && isHeldUp() ? owner : null;
  }

  /// {@return whether this loop has something to do: it is in a turn, or one is due} Any thread;
  /// the answer may be out of date.
  boolean isTurnUnderWayOrOwed() {
    return thread != null || (attached && (asked || !inbox.isEmpty() || turn.isDue()));
  }

  /// Sets the directory of this loop's guests, for reports about a loop that is held up, and for
  /// the end of the loop. For the layer that creates them.
  ///
  /// @param directory the directory
  public void setGuests(GuestDirectory directory) {
    guests = directory;
  }

  @Nullable GuestDirectory guests() {
    return guests;
  }

  HoldUp holdUp() {
    return holdUp;
  }

  /// Notes that a guest is about to run in parallel with this loop, because the loop's thread is
  /// held up. The loop waits for [#endRescue] before it runs anything else. From now on guests have
  /// to check whether they have their turn. Any thread.
  public void beginRescue() {
    strict = true;
    rescued.begin();
  }

  /// Ends what [#beginRescue] began: the guest has stopped. Any thread.
  public void endRescue() {
    rescued.end();
  }

  Rescued rescued() {
    return rescued;
  }

  /// Makes every call check that the caller has its turn, as in debug mode; for layers whose guests
  /// may continue on their own after a blocking call.
  public void requireTurns() {
    strict = true;
  }

  /// Ensures that the caller has its turn on this loop, in debug mode and after [#requireTurns].
  ///
  /// A guest that continued on its own after a blocking call waits here for its turn. A caller that
  /// is not on the loop is refused. While the loop is not running, any caller is accepted. For
  /// layers whose own structures belong to the loop.
  ///
  /// @throws IllegalStateException if the loop is running and the caller is not on it
  public void checkTurn() {
    if ((strict || debug) && isRunning() && !isOnLoop() && runningOrNull() != this) {
      throw WrongThread.refusal();
    }
  }

  /// Ensures that the caller has its turn on this loop, like [#checkTurn], but refuses a caller
  /// only in debug mode. For methods that change nothing.
  ///
  /// @throws IllegalStateException in debug mode, if the loop is running and the caller is not on
  ///   it
  public void checkTurnToRead() {
    if (Coroutine.mayGoAstray()) {
      runningOrNull();
    }
    if (debug) {
      checkTurn();
    }
  }

  CurrentContext currentContext() {
    return currentContext;
  }

  /// {@return the current context of any caller}
  CurrentContext contextHere() {
    Thread caller = Thread.currentThread();
    boolean isHere = (thread == caller && !attached) || hostThread == caller;
    Guest here = guest;
    return isHere || (here != null && here.isCurrentThread() && !strict)
        ? currentContext
        : CurrentContext.here();
  }

  Turn turn() {
    return turn;
  }

  ExceptionReports reports() {
    return reports;
  }

  void append(Handle handle) {
    requireUsable();
    if (thread == null) {
      inbox.drainTo(turn.ready()); // nothing else drains it here; keep the order of submission
      if (attached) {
        asked = true;
        poller.wakeup();
      }
    }
    turn.append(handle);
  }

  void unschedule(TimerHandle timer) {
    turn.wheel().cancel(timer);
  }

  Locals locals() {
    return locals;
  }

  private void requireUsable() {
    if (closed) {
      throw closedError();
    }
    checkTurn();
  }

  private static IllegalStateException closedError() {
    return new IllegalStateException("Event loop is closed");
  }
}
