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

/// An event loop: runs callbacks, one at a time, in the order asyncio would.
///
/// A loop belongs to the thread that runs it. All methods are for that thread, and for the
/// coroutines of this loop, except the ones that say "any thread". In debug mode a call from
/// elsewhere is refused; otherwise it is a data race. No method suspends; a callback that blocks
/// holds up everything on the loop but coroutines that come out of blocking calls.
///
/// Callbacks run on the loop's host, a virtual thread that the thread which runs the loop carries
/// (see [#hasHost]); coroutines run on threads of their own. To the loop all three are its thread.
///
/// Source: `asyncio.AbstractEventLoop`, Python 3.15. Equal deadlines fire in the order they were
/// scheduled (asyncio leaves it open), and up to [#setTicksPerPoll] ticks run for each look at the
/// outside world (asyncio: one).
public final class Loop implements AutoCloseable {

  /*
   *   OPEN --run--> RUNNING --stop--> OPEN --close--> CLOSED (final)
   *   ATTACHED --------------------------------close--> CLOSED
   *
   * An attached loop has no run: its poller calls runTurn on the host's thread whenever wakeup() has
   * asked for it or the time it got back from the last turn is up. Between turns `thread` is null,
   * and whoever is on the host's thread is on the loop. HOSTED finds the loop then, if the poller says
   * that the host has one thread; what it finds may be closed, or the host gone to another thread.
   *
   * `thread` is set exactly while running; `closed` is the end. The order of a tick is Turn's, the
   * order of timers is TimerWheel's, crossing threads is Inbox's and WakeupGate's; this class is
   * what callers see and who may call.
   *
   * Other threads may read `guest`, a plain field, to ask "is it me?". A stale value is some other
   * guest than the reader, or the reader itself, which went on after a blocking call: so where guests
   * may do that, a yes is given only after rejoin().
   *
   * The file is long because every overload carries its contract; the code is a page.
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
  private volatile @Nullable Thread latest; // on which an attached loop had its last turn
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

  /// {@return a new loop on the best poller there is: Netty's with loop-netty on the path, else one
  /// that parks}
  public static Loop create() {
    return create(Pollers.best());
  }

  /// {@return a new loop on a poller}
  ///
  /// @param poller the driver; it becomes this loop's own
  public static Loop create(Poller poller) {
    return new Loop(poller, false);
  }

  /// {@return a new loop that counts as running from now on, in turns on a thread of somebody
  /// else's} Its poller calls [#runTurn] there.
  ///
  /// It cannot be run or stopped. It is closed on the host's thread.
  ///
  /// @param poller the driver; it becomes this loop's own
  public static Loop attach(Poller poller) {
    return new Loop(poller, true);
  }

  /// {@return the loop the caller runs on} Any thread. The thread of an event loop or other
  /// executor to which a loop is attached is on that loop all the time, so in handlers and tasks of
  /// its own too.
  ///
  /// Source: `asyncio.get_running_loop`.
  ///
  /// @throws IllegalStateException if the caller is neither a callback nor a coroutine of a loop
  public static Loop running() {
    Loop loop = runningOrNull();
    if (loop == null) {
      throw new IllegalStateException(
          "no running event loop: call this from a coroutine or a callback, for instance inside"
              + " Asyncio.run; from another thread, use loop.callSoonThreadsafe(() -> ...)");
    }
    return loop;
  }

  /// {@return the loop the caller runs on, or null if it does not run on one} Any thread.
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

  /// Notes that this attached loop's host runs on the calling thread and no other, so that
  /// [#running] finds the loop there between turns too. For the poller, on each thread that the
  /// host gets.
  ///
  /// A caller on that thread cannot run a loop, since it is on one.
  public void adoptThread() {
    if (HOSTED.get() != this && !closed) {
      HOSTED.set(this);
    }
  }

  /// {@return whether the caller is on this loop only as its host: no turn is under way}
  boolean isBetweenTurnsHere() {
    return attached && thread == null && !Thread.currentThread().isVirtual();
  }

  /// Schedules a callback for the next tick, behind all that is scheduled already.
  ///
  /// It runs in a copy of the current context, never inside this call.
  ///
  /// Source: `loop.call_soon`.
  ///
  /// @param callback what to run
  /// @return a handle to cancel it with
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoon(Callback callback) {
    return callSoon(callback, null);
  }

  /// Schedules a callback for the next tick, in a context of the caller's choice.
  ///
  /// @param callback what to run
  /// @param context the context to run it in, itself and not a copy; null for a copy of the current
  /// @return a handle to cancel it with
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoon(Callback callback, @Nullable Context context) {
    Objects.requireNonNull(callback, "callback");
    var handle = new Handle(this, callback, context);
    append(handle);
    return handle;
  }

  /// Schedules a callback from any thread, and wakes the loop if it sleeps.
  ///
  /// Calls by one thread run in the order they were made. The handle may be cancelled from any
  /// thread: either the callback never runs, or `cancel` returns after it has.
  ///
  /// Source: `loop.call_soon_threadsafe`.
  ///
  /// @param callback what to run on the loop's thread
  /// @return a handle to cancel it with
  /// @throws IllegalStateException if this loop is closed
  public Handle callSoonThreadsafe(Callback callback) {
    return callSoonThreadsafe(callback, null);
  }

  /// Schedules a callback from any thread, in a context of the caller's choice.
  ///
  /// @param callback what to run on the loop's thread
  /// @param context the context to run it in, itself and not a copy; null for a copy of the current
  /// @return a handle to cancel it with
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
    poller.wakeup(); // also then: the poll may be where the host is blocked
  }

  /// Schedules a callback for a moment from now.
  ///
  /// Never early; late by at most two milliseconds plus what the loop has to do before. The delay
  /// begins when the callback or step that calls this gives control back to the loop, or asks for
  /// [TimerHandle#when]; nothing could come of it before. A delay of zero or less is due in the
  /// next tick, behind all that is ready by then.
  ///
  /// Source: `loop.call_later`, where the delay begins with the call.
  ///
  /// @param delay how long to wait
  /// @param callback what to run
  /// @return a handle to cancel it with
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callLater(Duration delay, Callback callback) {
    return callLater(delay, callback, null);
  }

  /// Schedules a callback for a moment from now, in a context of the caller's choice.
  ///
  /// @param delay how long to wait
  /// @param callback what to run
  /// @param context the context to run it in, itself and not a copy; null for a copy of the current
  /// @return a handle to cancel it with
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callLater(Duration delay, Callback callback, @Nullable Context context) {
    TimerHandle timer = newTimer(Nanos.of(delay), callback, context);
    turn.startAfter(timer);
    tellHost();
    return timer;
  }

  /// Schedules a callback for a point on this loop's clock; as [#callLater(Duration, Callback)].
  ///
  /// Source: `loop.call_at`.
  ///
  /// @param when the deadline, on the clock that [#time] reads
  /// @param callback what to run
  /// @return a handle to cancel it with
  /// @throws IllegalStateException if this loop is closed
  public TimerHandle callAt(Duration when, Callback callback) {
    return callAt(when, callback, null);
  }

  /// Schedules a callback for a point on this loop's clock, in a context of the caller's choice.
  ///
  /// @param when the deadline, on the clock that [#time] reads
  /// @param callback what to run
  /// @param context the context to run it in, itself and not a copy; null for a copy of the current
  /// @return a handle to cancel it with
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

  /// {@return the time on this loop's clock: monotonic, from an origin of its own} Any thread.
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
  /// The thread must not hold a monitor (`synchronized`): JDK 25 would take it for a coroutine's.
  /// `Asyncio.run` gives its loop a thread of its own.
  ///
  /// Source: `loop.run_forever`.
  ///
  /// @throws IllegalStateException if this loop is closed or runs already, if another loop runs on
  ///   this thread, or if this is a virtual thread
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

  /// Runs what is ready, for as long as one poll may be put off; for the poller of an attached
  /// loop, on the host's thread. A call from inside a turn does nothing.
  ///
  /// Whatever a callback throws is reported: it does not reach the host.
  ///
  /// @return after how many nanoseconds the next turn is due; 0 if there is more to do now,
  ///   `Long.MAX_VALUE` if nothing is until [Poller#wakeup]
  public long runTurn() {
    if (closed || thread != null) {
      return Long.MAX_VALUE;
    }
    Loop outer = RUNNING.get();
    thread = Thread.currentThread();
    if (latest != thread) {
      latest = thread;
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

  /// {@return whether this loop runs the program's callbacks, and polls, on a virtual thread of its
  /// own: the host}
  ///
  /// A callback that blocks there is what a coroutine that blocks is: coroutines that come out of
  /// blocking calls go on meanwhile. Attached loops have none, nor has any on the portable carrier.
  public boolean hasHost() {
    return !attached && !Coroutine.isPortable();
  }

  /// {@return the host, made now if this is the first run; null if this loop has none}
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

  /// Runs something on the thread that runs the program's callbacks, and waits for it: the host's,
  /// or the caller's where there is none or the caller is not on the loop's thread. For layers.
  ///
  /// Throws what it threw, the very object, undeclared.
  ///
  /// @param work what to run
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host is blocked: ask [#isHostFree] before
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

  /// Runs something of ours that tells the program of something: on the host now, or soon if that
  /// is blocked.
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
  /// For layers; loop thread and host only.
  ///
  /// Throws what it threw, the very object, undeclared.
  ///
  /// @param work what to run; must not block, nor run the program's code
  /// @param <T> the type of its result
  /// @return its result
  /// @throws IllegalStateException if the host cannot give way here: a native frame or a class
  ///   initializer is on its stack
  public <T extends @Nullable Object> T callOnCarrier(Supplier<T> work) {
    LoopHost here = host;
    return here != null && here.isCurrentThread() ? here.callOnCarrier(work) : work.get();
  }

  /// Checks that this loop can be run here and now.
  ///
  /// @throws IllegalStateException if [#runForever] would be refused
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
          "A loop needs a platform thread, and this is a virtual one; run it from main or from"
              + " Thread.ofPlatform()");
    }
  }

  /// Makes [#runForever] return after the tick that runs now, or after one tick if it is called
  /// before. What that tick schedules stays for the next run.
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

  /// {@return whether this loop is running} Any thread, but the answer may be old.
  public boolean isRunning() {
    return attached ? !closed : thread != null;
  }

  /// {@return whether this loop runs in turns on a thread of somebody else's: see [#attach]} Any
  /// thread.
  public boolean isAttached() {
    return attached;
  }

  /// {@return whether this loop is closed} Any thread.
  public boolean isClosed() {
    return closed;
  }

  /// Drops all that is scheduled, without running it, and releases the poller. Closing twice does
  /// nothing.
  ///
  /// Coroutines that are suspended are unwound first: each await in them throws a cancellation, so
  /// that their `finally` blocks run. Tasks that have not started are cancelled. Then the futures
  /// that other threads have of this loop's futures and bodies are settled, cancelled where there
  /// is no outcome to be had. Failures that nobody read are reported.
  ///
  /// A call of [#callSoonThreadsafe] that meets the closing is refused, or its callback is dropped
  /// as the others are. A callback that is a [Droppable] is told.
  ///
  /// Source: `loop.close`.
  ///
  /// @throws IllegalStateException if this loop is running, or runs a turn, or is attached and this
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

  /// Lets guests go on that come out of blocking calls, and runs nothing else, until a condition
  /// holds; for a layer whose guests must end before this loop is closed. Loop's own thread only.
  ///
  /// @param over the condition; looked at after each guest
  /// @param patience how long to wait for it at most
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
          "This loop has run, so close it on the platform thread where it ran, not on a virtual"
              + " one");
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
    locals.close(reports);
    reports.tellDropped();
    closed = true;
    if (HOSTED.get() == this) {
      HOSTED.remove();
    }
    inbox.closeInto(turn.ready());
    turn.drop();
    poller.close();
  }

  /// Sets what is told about failures that have nobody else to go to.
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
  /// Throws nothing but [KeyboardInterrupt] and [SystemExit], if the handler does. A report that
  /// cannot be made, because memory has run out for instance, is dropped; the handler is told how
  /// many were as soon as that is possible.
  ///
  /// Source: `loop.call_exception_handler`.
  ///
  /// @param failure what happened
  public void callExceptionHandler(ExceptionContext failure) {
    reports.report(failure);
  }

  /// Reports a failure of one thing to the exception handler; as
  /// [#callExceptionHandler(ExceptionContext)].
  ///
  /// @param message what happened
  /// @param exception what was thrown, if anything was
  /// @param key under which name the details have the thing
  /// @param subject the thing
  public void callExceptionHandler(
      String message, @Nullable Throwable exception, String key, Object subject) {
    reports.report(message, exception, key, subject);
  }

  /// Logs a failure as the default handler does; for handlers that want to pass some on.
  ///
  /// Source: `loop.default_exception_handler`.
  ///
  /// @param failure what happened
  public void defaultExceptionHandler(ExceptionContext failure) {
    reports.logFailure(failure);
  }

  /// {@return whether debug mode is on; at first it is if the system property `io.loop.debug` is
  /// true} Any thread, but the answer may be old.
  public boolean isDebug() {
    return debug;
  }

  /// Turns debug mode on or off: calls from wrong threads are refused, slow callbacks are logged,
  /// and handles, futures and tasks remember where they were made.
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

  /// {@return whether some loop of this JVM is or was in debug mode} Any thread. For layers: one
  /// without a loop at hand, and one that has to remember something for the checks of debug mode,
  /// do so only then.
  public static boolean debugWasOn() {
    return debugWasOn;
  }

  /// Sets from which run time on debug mode logs a callback as slow; 100 ms at first.
  ///
  /// @param duration the threshold
  public void setSlowCallbackDuration(Duration duration) {
    checkTurn();
    turn.setSlowNanos(Nanos.of(duration));
  }

  /// {@return from which run time on debug mode logs a callback as slow}
  ///
  /// Source: `loop.slow_callback_duration`.
  public Duration slowCallbackDuration() {
    checkTurnToRead();
    return Duration.ofNanos(turn.slowNanos());
  }

  /// Sets how much runs between two looks at the outside world.
  ///
  /// Ticks in which a task that gives way would be the only thing to run are left out, and not
  /// counted; with a limit of one tick none is.
  ///
  /// @param ticks at most this many ticks; 1 is strict asyncio
  /// @param budget and no new tick after this long; 64 ticks and 100 µs at first
  /// @throws IllegalArgumentException if ticks is below 1, or the budget negative
  public void setTicksPerPoll(int ticks, Duration budget) {
    checkTurn();
    if (ticks < 1) {
      throw new IllegalArgumentException("ticks must be at least 1, not " + ticks);
    }
    if (budget.isNegative()) {
      throw new IllegalArgumentException("the budget must not be negative, and is " + budget);
    }
    turn.setLimits(ticks, Nanos.of(budget));
  }

  /// {@return whether nothing is waiting to run, so that the poller may sleep} False too when a
  /// timer was set during the poll: it may be due before the time that the poller was given.
  public boolean mayBlock() {
    return inbox.isEmpty() && !turn.hasReady() && !turn.hasTimerSetInPoll() && !stopping;
  }

  /// {@return whether the caller is on this loop: its thread, or the guest whose turn it is} Any
  /// thread. A guest that went on by itself may have to wait for its turn here.
  public boolean isOnLoop() {
    Thread caller = Thread.currentThread();
    if (thread == caller || hostThread == caller) {
      return true;
    }
    Guest here = guest;
    if (here == null || !here.isCurrentThread()) {
      return attached && thread == null && poller.isHostThread();
    }
    if (strict) {
      here.rejoin();
    }
    return true;
  }

  /// Gives a guest its turn; loop thread only.
  ///
  /// @param entering the guest whose thread runs next; null for the loop's own
  /// @return the guest that had the turn, to hand to [#enter] afterwards
  public @Nullable Guest enter(@Nullable Guest entering) {
    Guest before = guest;
    guest = entering;
    return before;
  }

  /// {@return whether this loop's thread is in a blocking call that is not its poll, so that no
  /// guest can have its turn} Any thread; the answer may be old.
  ///
  /// On a loop with a host that happens only where a stack cannot be unmounted, or inside the JDK;
  /// on an attached loop, wherever a callback or another task of the executor blocks.
  public boolean isHeldUp() {
    Thread owner = attached ? latest : thread;
    return owner != null && !turn.isWaiting() && !rescued.isAwaited() && Rescued.isHeldUp(owner);
  }

  /// {@return the thread that should run this loop, if it is in a blocking call that is not its
  /// poll} Any thread; the answer may be old.
  @Nullable Thread heldUpThread() {
    Thread owner = attached ? latest : thread;
    return owner != null && isHeldUp() ? owner : null;
  }

  /// {@return whether this loop has something to do: it is in a turn, or one is due} Any thread;
  /// the answer may be old.
  boolean isTurnUnderWayOrOwed() {
    return thread != null || (attached && (asked || !inbox.isEmpty() || turn.isDue()));
  }

  /// Sets who knows this loop's guests, for reports about a loop that is held up. For the layer
  /// that makes them.
  ///
  /// @param directory answers on any thread
  public void setGuests(GuestDirectory directory) {
    guests = directory;
  }

  @Nullable GuestDirectory guests() {
    return guests;
  }

  HoldUp holdUp() {
    return holdUp;
  }

  /// Notes that a guest is about to run beside this loop, because its thread is held up. The loop
  /// waits for [#endRescue] before it runs anything else. From now on guests have to look whether
  /// they have their turn. Any thread.
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

  /// From now on, checks at every call that the caller has its turn, as debug mode does; for layers
  /// whose guests may go on by themselves after a blocking call.
  public void requireTurns() {
    strict = true;
  }

  /// Makes sure that the caller has its turn on this loop, in debug mode and after [#requireTurns].
  ///
  /// A guest that went on by itself after a blocking call waits here for its turn; a caller that is
  /// not on the loop at all is refused. Without a running loop anybody may call. For layers whose
  /// own structures belong to the loop.
  ///
  /// @throws IllegalStateException if the loop is running and the caller is not on it
  public void checkTurn() {
    if ((strict || debug) && isRunning() && !isOnLoop() && runningOrNull() != this) {
      throw WrongThread.refusal();
    }
  }

  /// Makes sure that the caller has its turn on this loop, as [#checkTurn] does, but refuses a
  /// caller in debug mode alone. For methods that change nothing.
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

  /// {@return the current context of the caller, whoever it is}
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
      inbox.drainTo(turn.ready()); // nobody else does, and what was submitted first goes first
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
