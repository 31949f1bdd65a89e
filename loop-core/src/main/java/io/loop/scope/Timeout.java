package io.loop.scope;

import io.loop.base.Causes;
import io.loop.base.Throwing;
import io.loop.base.TimedOut;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import io.loop.task.BodySection;
import io.loop.task.CancelledError;
import io.loop.task.ExceptionGroup;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// A deadline for a section of a coroutine.
///
/// When the deadline passes, the task is cancelled, and the [CancelledError] leaves [#with] as a
/// [TimeoutException]. Loop thread and coroutines of the loop only.
///
/// Source: `asyncio.Timeout`, Python 3.15. Where asyncio inserts the TimeoutError into the context
/// chain of another exception, it is added here as a suppressed exception if the cancellation is in
/// the cause chain. The same applies to the members of a group.
public final class Timeout extends BodySection {

  /*
   *   CREATED --with--> ENTERED --body ends--> EXITED
   *                        |
   *                     deadline
   *                        v
   *                     EXPIRING --body ends--> EXPIRED
   *
   * When the deadline passes, the timeout sends the task one cancellation request, which it
   * withdraws on exit. If no more requests are left than there were on entry, the cancellation was
   * only ours, and becomes a TimeoutException. If more are left, something else also cancelled the
   * task, and it remains a cancellation.
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

  /// The body that runs under a timeout.
  ///
  /// @param <T> the type of the result
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body.
    ///
    /// @param timeout the timeout that the body runs under
    /// @return the result
    /// @throws Exception whatever the body throws
    T run(Timeout timeout) throws Exception;
  }

  /// The body that runs under a timeout, without a result.
  @FunctionalInterface
  public interface Action {

    /// Runs the body.
    ///
    /// @param timeout the timeout that the body runs under
    /// @throws Exception whatever the body throws
    void run(Timeout timeout) throws Exception;
  }

  private static final Duration FOR_EVER = Duration.ofSeconds(Long.MAX_VALUE);

  private final Loop loop;
  private State state = State.CREATED;
  private @Nullable Duration when; // also null if only the timer knows it
  private @Nullable Handle handle;

  private Timeout(Loop loop, @Nullable Duration when) {
    this.loop = loop;
    this.when = when;
  }

  /// {@return a timeout whose deadline is a delay from now}
  ///
  /// Source: `asyncio.timeout`.
  ///
  /// @param delay the delay; null for no deadline
  /// @throws IllegalStateException if no loop is running on this thread
  public static Timeout after(@Nullable Duration delay) {
    Loop loop = Loop.running();
    return new Timeout(loop, delay == null ? null : deadline(loop.time(), delay));
  }

  /// Runs a body under a deadline that is a delay from now. Coroutine only; like [#after] and
  /// [#with], at a lower cost.
  ///
  /// The delay starts when the body first suspends or calls [#when]; see [Loop#callLater].
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
  /// @throws IllegalStateException if no loop is running on this thread
  public static Timeout at(@Nullable Duration when) {
    return new Timeout(Loop.running(), when);
  }

  /// Runs a body under this timeout, once. Coroutine only.
  ///
  /// Suspends where the body does.
  ///
  /// Throws whatever the body threw: the same object, undeclared.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  /// @throws IllegalStateException if this timeout was already entered, or if called outside a task
  public <T extends @Nullable Object> T with(Body<T> body) throws TimeoutException {
    enter();
    if (when != null) {
      reschedule(when);
    }
    return runEntered(body);
  }

  /// Runs a body without a result under this timeout, once. Like [#with].
  ///
  /// @param body what to run
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  /// @throws IllegalStateException if this timeout was already entered, or if called outside a task
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
      takeTurn(); // the body may have blocked
      throw exit(translate(fault));
    }
    takeTurn();
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
    begin(entering);
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

  /// Moves the deadline to a delay from now. Equivalent to `reschedule` with the loop's time plus
  /// the delay, at a fraction of the cost. Intended for frequent use, such as postponing an idle
  /// timeout with every message.
  ///
  /// The delay starts like that of [TimerHandle#reschedule].
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
    requestCancel();
  }

  /// Exits after the body returned. If the deadline passed nonetheless, withdraws the request.
  private void leave() {
    disarm();
    if (state == State.EXPIRING) {
      state = State.EXPIRED;
      int _ = withdraw();
    } else {
      state = State.EXITED;
    }
    end();
  }

  /// Exits after the body threw; throws what replaces its exception.
  private RuntimeException exit(Throwable fault) throws TimeoutException {
    disarm();
    if (state != State.EXPIRING) {
      state = State.EXITED;
      end();
      throw Throwing.rethrow(fault);
    }
    state = State.EXPIRED;
    boolean isOurs = !isAlsoCancelledByOthers(withdraw());
    end();
    if (isOurs) {
      if (fault instanceof CancelledError cancelled) {
        throw TimedOut.because(cancelled);
      }
      explain(fault);
    }
    throw Throwing.rethrow(fault);
  }

  /// Adds the timeout to an exception that was thrown while the timeout cancelled the body, and to
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
      fault.addSuppressed(TimedOut.because(cancelled));
    }
  }

  @Override
  public String toString() {
    Duration known = loop.isOnLoop() ? deadline() : when; // asking a timer may change it
    return "<Timeout [" + state.text + "]" + (known == null ? "" : " when=" + known) + ">";
  }
}
