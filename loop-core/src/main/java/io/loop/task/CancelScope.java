package io.loop.task;

import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A stretch of a coroutine that can be ended on its own: cancelling the scope cancels what runs in
/// it, and the code after it goes on.
///
/// Loop thread and coroutines of the loop only. A scope is used once.
///
/// No asyncio equivalent. Source: `trio.CancelScope`; as in asyncio, a cancellation is thrown once,
/// and a body that catches it goes on undisturbed.
public final class CancelScope {

  /*
   *   CREATED --with--> ENTERED --body ends--> ENDED
   *      |                 |
   *    cancel        cancel, deadline
   *      v                 v
   *   CANCELLED --with--> FIRED --body ends--> ENDED
   *
   * A scope sends the task one request, and takes it back when the body ends. If the body ended with
   * a cancellation, and no more requests are left than there were on entry, the cancellation was this
   * scope's alone, and ends here. Else somebody else wants the task to end, and it goes on.
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
  private @Nullable Task<?> task;
  private @Nullable Shielding level;
  private @Nullable Interrupt sentAs;
  private @Nullable Handle deadline;
  private int requestsOnEntry;

  /// Makes a scope that has not been entered.
  ///
  /// @throws IllegalStateException if no loop is running here
  public CancelScope() {
    this(null);
  }

  private CancelScope(@Nullable Duration delay) {
    this.loop = Loop.running();
    this.delay = delay;
  }

  /// Runs a body in this scope. Coroutine only; suspends where the body does.
  ///
  /// Throws what the body threw, the very object, undeclared.
  ///
  /// @param body what to run; its result must not be null
  /// @param <T> the type of the result
  /// @return what the body returned; empty if the scope was cancelled and that ended the body
  /// @throws CancelledError if the task was cancelled by somebody else
  /// @throws IllegalStateException if this was entered before, or outside a task
  public <T> Optional<T> with(Coro<T> body) {
    enter();
    T result;
    try {
      result = body.await();
    } catch (Throwable fault) {
      rethrowUnlessOurs(fault);
      return Optional.empty();
    }
    leave();
    return Optional.of(Objects.requireNonNull(result, "the body's result"));
  }

  /// Runs a body without a result in this scope. Coroutine only; as [#with(Coro)].
  ///
  /// @param body what to run
  /// @return whether the body ran to its end; false if the scope was cancelled and that ended it
  public boolean with(Coro.Action body) {
    return with(
            () -> {
              body.run();
              return true;
            })
        .isPresent();
  }

  /// Runs a body with a time limit, and goes on after it either way. Coroutine only; suspends where
  /// the body does.
  ///
  /// When the limit is over the body is cancelled, as by [#cancel]. The delay begins as that of
  /// `timeout`. Throws what the body threw, the very object, undeclared.
  ///
  /// Source: `trio.move_on_after`.
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run; its result must not be null
  /// @param <T> the type of the result
  /// @return what the body returned; empty if the limit ended it
  /// @throws CancelledError if the task was cancelled by somebody else
  /// @throws IllegalStateException if called outside a task
  public static <T> Optional<T> moveOnAfter(@Nullable Duration delay, Coro<T> body) {
    return new CancelScope(delay).with(body);
  }

  /// Runs a body without a result with a time limit, and goes on after it either way. Coroutine
  /// only; as [#moveOnAfter(Duration, Coro)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @return whether the body ran to its end; false if the limit ended it
  public static boolean moveOnAfter(@Nullable Duration delay, Coro.Action body) {
    return new CancelScope(delay).with(body);
  }

  /// Runs a body to its end, even if the task is cancelled meanwhile. Coroutine only; suspends
  /// where the body does. For clean-up in a `finally` block that has to await.
  ///
  /// Cancellations from outside are held back while the body runs: those of [Task#cancel], and
  /// those of the time limits, groups and scopes around it. The task gets them at its first
  /// cancellation point after the body; a blocking JDK call there is interrupted at once. Blocking
  /// calls in the body are not interrupted. A cancellation that was requested before, and has not
  /// been thrown yet, is held back too.
  ///
  /// Time limits, groups and scopes inside the body work as ever: put one there, since nothing from
  /// outside ends a body that hangs. [Task#cancelling] counts what is held back, and
  /// [Task#uncancel] takes it back. A loop that closes waits for no body.
  ///
  /// Unlike `shield`, this makes no task: what the body throws goes to the caller, and nothing is
  /// left running.
  ///
  /// No asyncio equivalent. Source: `trio.CancelScope(shield=True)`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws IllegalStateException if called outside a task
  public static <T extends @Nullable Object> T shielding(Coro<T> body) {
    return Shielding.run(requireTask("shielding"), body);
  }

  /// Runs a body without a result to its end, even if the task is cancelled meanwhile. Coroutine
  /// only; as [#shielding(Coro)].
  ///
  /// @param body what to run
  public static void shielding(Coro.Action body) {
    Void _ = shielding(Coro.of(body));
  }

  /// Cancels what runs in this scope, once. Never suspends.
  ///
  /// Before entry it takes effect on entry: the body ends at its first cancellation point. After
  /// the end it does nothing.
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

  /// {@return whether this scope was cancelled before its body ended} The body may have ended well
  /// all the same.
  public boolean isCancelled() {
    loop.checkTurnToRead();
    return isCancelled;
  }

  private void fire() {
    state = State.FIRED;
    isCancelled = true;
    if (task != null) {
      sentAs = task.cancelForScope(level);
    }
  }

  private void enter() {
    loop.checkTurn();
    if (state != State.CREATED && state != State.CANCELLED) {
      throw new IllegalStateException("CancelScope has already been entered");
    }
    Task<?> entering = requireTask("CancelScope");
    boolean wasCancelled = state == State.CANCELLED;
    state = State.ENTERED;
    task = entering;
    level = entering.shielding();
    requestsOnEntry = entering.requests();
    if (wasCancelled) {
      fire();
    } else if (delay != null) {
      deadline =
          delay.isPositive()
              ? loop.callLater(delay, (OwnCallback) this::cancel)
              : loop.callSoon((OwnCallback) this::cancel);
    }
  }

  private static Task<?> requireTask(String name) {
    Task<?> current = Task.current();
    if (current == null || !current.step().isCurrentThread()) {
      throw new IllegalStateException(name + " should be used inside a task");
    }
    return current;
  }

  private void rethrowUnlessOurs(Throwable fault) {
    Throwable meaning = task == null ? fault : task.translate(fault);
    boolean hasFired = state == State.FIRED;
    int left = leave();
    if (!hasFired || left > requestsOnEntry || !(meaning instanceof CancelledError)) {
      throw Throwing.rethrow(meaning);
    }
  }

  /// The body ended.
  ///
  /// @return how many requests are left, not counting this scope's own
  private int leave() {
    Task<?> leaving = Objects.requireNonNull(task);
    leaving.takeTurn();
    if (deadline != null) {
      deadline.cancel();
    }
    boolean hasFired = state == State.FIRED;
    state = State.ENDED;
    int left = hasFired ? leaving.uncancel(sentAs) : leaving.requests();
    task = null; // who keeps the scope keeps none of these
    level = null;
    sentAs = null;
    deadline = null;
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
