package io.loop.task;

import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A deadline for a stretch of a coroutine.
///
/// When the deadline passes, the task is cancelled, and the [CancelledError] leaves [#with] as a
/// [TimeoutException]. Loop thread and coroutines of the loop only.
///
/// Source: `asyncio.Timeout`, Python 3.15. Where asyncio inserts the TimeoutError into the context
/// chain of another exception, it is added here as a suppressed exception, if the cause chain shows
/// the cancellation; to members of a group likewise.
public final class Timeout {

  /*
   *   CREATED --with--> ENTERED --body ends--> EXITED
   *                        |
   *                     deadline
   *                        v
   *                     EXPIRING --body ends--> EXPIRED
   *
   * Firing cancels the task, which counts one request. On the way out that request is taken back; if
   * no more requests are left than there were on entry, the cancellation was ours alone, and becomes
   * a TimeoutException. If more are left, somebody else wants the task to end, and it stays a
   * cancellation.
   */

  private enum State {
    CREATED("created"),
    ENTERED("active"),
    EXPIRING("expiring"),
    EXPIRED("expired"),
    EXITED("finished");

    private final String text;

    State(String text) {
      this.text = text;
    }
  }

  /// What runs under a timeout.
  ///
  /// @param <T> the type of the result
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body.
    ///
    /// @param timeout the timeout it runs under
    /// @return the result
    /// @throws Exception whatever the body lets out
    T run(Timeout timeout) throws Exception;
  }

  /// What runs under a timeout and has no result.
  @FunctionalInterface
  public interface Action {

    /// Runs the body.
    ///
    /// @param timeout the timeout it runs under
    /// @throws Exception whatever the body lets out
    void run(Timeout timeout) throws Exception;
  }

  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  private final Loop loop;
  private State state = State.CREATED;
  private @Nullable Duration when; // null also where only the timer knows
  private @Nullable Task<?> task;
  private @Nullable Handle handle;
  private @Nullable Interrupt sentAs;
  private @Nullable Shielding level;
  private int requestsOnEntry;

  private Timeout(Loop loop, @Nullable Duration when) {
    this.loop = loop;
    this.when = when;
  }

  /// {@return a timeout whose deadline is a delay from now, from this call on}
  ///
  /// Source: `asyncio.timeout`.
  ///
  /// @param delay the delay; null for no deadline
  /// @throws IllegalStateException if no loop is running here
  public static Timeout after(@Nullable Duration delay) {
    Loop loop = Loop.running();
    return new Timeout(loop, delay == null ? null : deadline(loop.time(), delay));
  }

  /// Runs a body under a deadline that is a delay from now. Coroutine only; as [#after] and
  /// [#with], with less work.
  ///
  /// The delay begins when the body first suspends, or asks for [#when]: see [Loop#callLater].
  ///
  /// @param delay the delay; null for no deadline
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  /// @throws IllegalStateException if called outside a task
  public static <T extends @Nullable Object> T within(@Nullable Duration delay, Body<T> body)
      throws TimeoutException {
    var timeout = new Timeout(Loop.running(), null);
    timeout.enter();
    if (delay != null) {
      timeout.start(delay);
    }
    return timeout.runEntered(body);
  }

  private static Duration deadline(Duration now, Duration delay) {
    boolean isBeyondReach = delay.compareTo(FOR_EVER.minus(now)) >= 0;
    return isBeyondReach ? FOR_EVER : now.plus(delay);
  }

  /// {@return a timeout with a deadline on the loop's clock}
  ///
  /// Source: `asyncio.timeout_at`.
  ///
  /// @param when the deadline, on the clock of [Loop#time]; null for none
  /// @throws IllegalStateException if no loop is running here
  public static Timeout at(@Nullable Duration when) {
    return new Timeout(Loop.running(), when);
  }

  /// Runs a body under this timeout, once. Coroutine only.
  ///
  /// Suspends where the body does.
  ///
  /// Throws what the body threw, the very object, undeclared.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  /// @throws IllegalStateException if this was entered before, or outside a task
  public <T extends @Nullable Object> T with(Body<T> body) throws TimeoutException {
    enter();
    if (when != null) {
      reschedule(when);
    }
    return runEntered(body);
  }

  /// Runs a body without a result under this timeout, once. As [#with].
  ///
  /// @param body what to run
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  /// @throws IllegalStateException if this was entered before, or outside a task
  public void run(Action body) throws TimeoutException {
    Void _ =
        this.<@Nullable Void>with(timeout -> {
          body.run(timeout);
          return null;
        });
  }

  private <T extends @Nullable Object> T runEntered(Body<T> body) throws TimeoutException {
    T result;
    try {
      result = body.run(this);
    } catch (Throwable fault) {
      throw exit(task == null ? fault : task.translate(fault));
    }
    leave();
    return result;
  }

  private void enter() {
    loop.checkTurn();
    if (state != State.CREATED) {
      throw new IllegalStateException("Timeout has already been entered");
    }
    Task<?> entering = Task.current();
    if (entering == null) {
      throw new IllegalStateException("Timeout should be used inside a task");
    }
    state = State.ENTERED;
    task = entering;
    level = entering.shielding();
    requestsOnEntry = entering.requests();
  }

  /// {@return the deadline, on the clock of [Loop#time], or null if there is none}
  public @Nullable Duration when() {
    loop.checkTurn();
    return deadline();
  }

  private @Nullable Duration deadline() {
    if (when == null && handle instanceof TimerHandle timer) {
      when = timer.when();
    }
    return when;
  }

  /// {@return whether the deadline passed while the body ran}
  public boolean isExpired() {
    loop.checkTurnToRead();
    return state == State.EXPIRING || state == State.EXPIRED;
  }

  /// Moves the deadline.
  ///
  /// @param when the new deadline, on the clock of [Loop#time]; null for none
  /// @throws IllegalStateException if the body is not running, or the deadline has passed
  public void reschedule(@Nullable Duration when) {
    requireEntered();
    disarm();
    handle = null;
    this.when = when;
    if (when == null) {
      return;
    }
    handle =
        when.compareTo(loop.time()) <= 0
            ? loop.callSoon((OwnCallback) this::expire)
            : loop.callAt(when, (OwnCallback) this::expire);
  }

  /// Moves the deadline to a delay from now: as `reschedule` of the loop's time and the delay, at a
  /// fraction of the cost. For what is done with every message: pushing an idle time-out on.
  ///
  /// The delay begins as that of [TimerHandle#reschedule].
  ///
  /// @param delay the delay
  /// @throws IllegalStateException if the body is not running, or the deadline has passed
  public void rescheduleAfter(Duration delay) {
    requireEntered();
    when = null;
    if (!(handle instanceof TimerHandle timer && timer.reschedule(delay))) {
      disarm();
      start(delay);
    }
  }

  private void requireEntered() {
    loop.checkTurn();
    if (state == State.CREATED) {
      throw new IllegalStateException("Timeout has not been entered");
    }
    if (state != State.ENTERED) {
      throw new IllegalStateException("Cannot change state of " + state.text + " Timeout");
    }
  }

  private void start(Duration delay) {
    if (delay.isPositive()) {
      handle = loop.callLater(delay, (OwnCallback) this::expire);
    } else {
      when = deadline(loop.time(), delay);
      handle = loop.callSoon((OwnCallback) this::expire);
    }
  }

  private void disarm() {
    if (handle != null) {
      handle.cancel();
    }
  }

  private void expire() {
    state = State.EXPIRING;
    if (task != null) {
      sentAs = task.cancelForScope(level);
    }
  }

  /// The body ended well. If the deadline passed unnoticed, the request is taken back.
  private void leave() {
    if (task != null) {
      task.takeTurn();
    }
    disarm();
    if (state == State.EXPIRING) {
      state = State.EXPIRED;
      requestsLeft();
    } else {
      state = State.EXITED;
    }
    letGo();
  }

  /// Who keeps this does not keep the task.
  private void letGo() {
    task = null;
    level = null;
    sentAs = null;
  }

  /// The body failed; what to throw in its place.
  private RuntimeException exit(Throwable fault) throws TimeoutException {
    disarm();
    if (state != State.EXPIRING) {
      state = State.EXITED;
      letGo();
      throw Throwing.rethrow(fault);
    }
    state = State.EXPIRED;
    int left = requestsLeft();
    letGo();
    if (left <= requestsOnEntry) {
      if (fault instanceof CancelledError cancelled) {
        throw timedOut(cancelled);
      }
      explain(fault);
    }
    throw Throwing.rethrow(fault);
  }

  private int requestsLeft() {
    return task == null ? 0 : task.uncancel(sentAs);
  }

  /// An exception thrown while the timeout cancelled the body tells of the timeout too, and so do
  /// the members of a group.
  private static void explain(Throwable fault) {
    addTimeoutTo(fault);
    if (fault instanceof ExceptionGroup group) {
      group.exceptions().forEach(Timeout::addTimeoutTo);
    }
  }

  private static void addTimeoutTo(Throwable fault) {
    CancelledError cancelled = Causes.find(fault, CancelledError.class);
    if (cancelled != null) {
      fault.addSuppressed(timedOut(cancelled));
    }
  }

  static TimeoutException timedOut(CancelledError cause) {
    var timeout = new TimeoutException("the deadline passed");
    timeout.initCause(cause);
    return timeout;
  }

  @Override
  public String toString() {
    Duration known = loop.isOnLoop() ? deadline() : when; // asking a timer may change it
    return "<Timeout [" + state.text + "]" + (known == null ? "" : " when=" + known) + ">";
  }
}
