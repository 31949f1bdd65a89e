package io.loop.scope;

import io.loop.base.Throwing;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.task.BodySection;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A section of a coroutine that can be cancelled separately: cancelling the scope cancels what
/// runs in it, and the code after it continues.
///
/// Loop thread and coroutines of the loop only. A scope is used once.
///
/// No asyncio equivalent. Source: `trio.CancelScope`. As in asyncio, a cancellation is thrown once;
/// a body that catches it is not cancelled again.
public final class CancelScope extends BodySection {

  /*
   *   CREATED --with--> ENTERED --body ends--> ENDED
   *      |                 |
   *    cancel        cancel, deadline
   *      v                 v
   *   CANCELLED --with--> FIRED --body ends--> ENDED
   *
   * A scope sends the task one cancellation request, and withdraws it when the body ends. If the
   * body ended with a cancellation, and no more requests are left than there were on entry, only
   * this scope cancelled the body, and the cancellation stops here. Otherwise something else also
   * cancelled the task, and the cancellation is rethrown.
   */

  private enum State {
    CREATED,
    CANCELLED,
    ENTERED,
    FIRED,
    ENDED
  }

  private final Loop loop;
  private final @Nullable Duration delay;
  private State state = State.CREATED;
  private boolean isCancelled;
  private @Nullable Handle deadline;

  /// Creates a scope that has not been entered.
  ///
  /// @throws IllegalStateException if no loop is running on this thread
  public CancelScope() {
    this(null);
  }

  private CancelScope(@Nullable Duration delay) {
    this.loop = Loop.running();
    this.delay = delay;
  }

  /// Runs a body in this scope. Coroutine only; suspends where the body does.
  ///
  /// Throws whatever the body threw: the same object, undeclared.
  ///
  /// @param body what to run; its result must not be null
  /// @param <T> the type of the result
  /// @return what the body returned; empty if the scope was cancelled and that ended the body
  /// @throws CancelledError if the task was cancelled by something other than this scope
  /// @throws IllegalStateException if this scope was already entered, or if called outside a task
  public <T> Optional<T> with(Coro<T> body) {
    enter();
    T result;
    try {
      result = body.await();
    } catch (Throwable fault) {
      takeTurn(); // the body may have blocked
      rethrowUnlessOurs(fault);
      return Optional.empty();
    }
    takeTurn();
    int _ = leave();
    return Optional.of(Objects.requireNonNull(result, "the body's result"));
  }

  /// Runs a body without a result in this scope. Coroutine only; like [#with(Coro)].
  ///
  /// @param body what to run
  /// @return true if the body completed; false if the scope was cancelled and that ended it
  public boolean with(Coro.Action body) {
    return with(
            () -> {
              body.run();
              return true;
            })
        .isPresent();
  }

  /// Runs a body with a time limit, and returns normally if the limit expires. Coroutine only;
  /// suspends where the body does.
  ///
  /// When the limit expires, the body is cancelled, as by [#cancel]. The delay starts like that of
  /// `timeout`. Throws whatever the body threw: the same object, undeclared.
  ///
  /// Source: `trio.move_on_after`.
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run; its result must not be null
  /// @param <T> the type of the result
  /// @return what the body returned; empty if the limit expired and ended it
  /// @throws CancelledError if the task was cancelled by something other than this scope
  /// @throws IllegalStateException if called outside a task
  public static <T> Optional<T> moveOnAfter(@Nullable Duration delay, Coro<T> body) {
    return new CancelScope(delay).with(body);
  }

  /// Runs a body without a result with a time limit, and returns normally if the limit expires.
  /// Coroutine only; like [#moveOnAfter(Duration, Coro)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @return true if the body completed; false if the limit expired and ended it
  public static boolean moveOnAfter(@Nullable Duration delay, Coro.Action body) {
    return new CancelScope(delay).with(body);
  }

  /// Runs a body to completion, even if the task is cancelled meanwhile. Coroutine only; suspends
  /// where the body does. For clean-up in a `finally` block that has to await.
  ///
  /// Cancellations from outside are held back while the body runs: those from [Task#cancel], and
  /// those from enclosing time limits, groups and scopes. A cancellation that was requested
  /// earlier, and has not been thrown yet, is held back too. The task receives them at its first
  /// cancellation point after the body; a blocking JDK call there is interrupted immediately.
  /// Blocking calls in the body are not interrupted.
  ///
  /// Time limits, groups and scopes inside the body work as usual. Put a time limit there, because
  /// nothing outside can end a body that hangs. [Task#cancelling] counts the requests that are held
  /// back, and [Task#uncancel] withdraws them. Closing the loop does not wait for the body.
  ///
  /// Unlike `shield`, this creates no task: what the body throws goes to the caller, and nothing is
  /// left running.
  ///
  /// No asyncio equivalent. Source: `trio.CancelScope(shield=True)`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws IllegalStateException if called outside a task
  public static <T extends @Nullable Object> T shielding(Coro<T> body) {
    return runShielded(body);
  }

  /// Runs a body without a result to completion, even if the task is cancelled meanwhile. Coroutine
  /// only; like [#shielding(Coro)].
  ///
  /// @param body what to run
  public static void shielding(Coro.Action body) {
    Void _ = shielding(Coro.of(body));
  }

  /// Cancels what runs in this scope, once. Never suspends.
  ///
  /// If called before the scope is entered, it takes effect on entry: the body is cancelled at its
  /// first cancellation point. Has no effect once the body has ended.
  public void cancel() {
    loop.checkTurn();
    switch (state) {
      case CREATED -> {
        state = State.CANCELLED;
        isCancelled = true;
      }
      case ENTERED -> fire();
      case CANCELLED, FIRED, ENDED -> {}
    }
  }

  /// {@return whether this scope was cancelled before its body ended} The body may have completed
  /// normally nonetheless.
  public boolean isCancelled() {
    loop.checkTurnToRead();
    return isCancelled;
  }

  private void fire() {
    state = State.FIRED;
    isCancelled = true;
    requestCancel();
  }

  private void enter() {
    loop.checkTurn();
    if (state != State.CREATED && state != State.CANCELLED) {
      throw new IllegalStateException("CancelScope has already been entered");
    }
    Task<?> entering = requireBody("CancelScope");
    boolean wasCancelled = state == State.CANCELLED;
    state = State.ENTERED;
    begin(entering);
    if (wasCancelled) {
      fire();
    } else if (delay != null) {
      deadline =
          delay.isPositive()
              ? loop.callLater(delay, (OwnCallback) this::cancel)
              : loop.callSoon((OwnCallback) this::cancel);
    }
  }

  private void rethrowUnlessOurs(Throwable fault) {
    Throwable meaning = translate(fault);
    boolean hasFired = state == State.FIRED;
    int left = leave();
    if (!hasFired || isAlsoCancelledByOthers(left) || !(meaning instanceof CancelledError)) {
      throw Throwing.rethrow(meaning);
    }
  }

  /// Exits the scope after the body ended.
  ///
  /// @return the number of requests left, not counting this scope's own
  private int leave() {
    if (deadline != null) {
      deadline.cancel();
    }
    boolean hasFired = state == State.FIRED;
    state = State.ENDED;
    int left = hasFired ? withdraw() : requests();
    end();
    deadline = null; // keeping the scope must not keep it
    return left;
  }

  @Override
  public String toString() {
    String text =
        switch (state) {
          case CREATED -> "created";
          case ENTERED -> "active";
          case CANCELLED, FIRED -> "cancelling";
          case ENDED -> isCancelled ? "cancelled" : "finished";
        };
    return "<CancelScope " + text + ">";
  }
}
