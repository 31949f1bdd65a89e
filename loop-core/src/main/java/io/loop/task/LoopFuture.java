package io.loop.task;

import io.loop.event.Context;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.Origin;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A result that arrives once, on one loop.
///
/// Loop thread and coroutines of the loop only; from elsewhere, queue the call with
/// [Loop#callSoonThreadsafe].
///
/// Source: `asyncio.Future`, Python 3.15.
///
/// @param <T> the type of the result
public sealed class LoopFuture<T extends @Nullable Object> implements Awaitable<T>
    permits Task, GatherFuture {

  /*
   * `outcome` is the whole state, so no second field can disagree with it.
   *
   *   null ---setResult------> the value itself, or NULL  \
   *   null ---setException---> Failure                     >  final
   *   null ---cancel---------> Cancelled                  /
   *
   * Callbacks never run inside the call that settles the future, nor inside addDoneCallback: both
   * hand them to the loop. A caller is not re-entered, and the stack stays flat however long a
   * chain of futures grows.
   *
   * `callbacks` holds what Callbacks keeps there, which also knows the tasks that wait.
   *
   * No field is volatile. Confinement orders every access; crossing threads is the loop's job.
   *
   * The file is long because every method carries its contract; the code is two pages.
   */

  private static final Object NULL = new Object();

  /// The outcome of a future that was cancelled.
  private static final class Cancelled {
    private static final Cancelled SILENT = new Cancelled(null, null);

    private final @Nullable String message;
    private @Nullable CancelledError original;

    Cancelled(@Nullable String message, @Nullable CancelledError original) {
      this.message = message;
      this.original = original;
    }

    /// {@return one without message and original if there is no memory for one with them}
    static Cancelled of(@Nullable String message, @Nullable CancelledError original) {
      try {
        return new Cancelled(message, original);
      } catch (OutOfMemoryError full) {
        MemoryReserve.useAfter(full);
        return SILENT;
      }
    }

    /// The error a task ended with goes to the first who asks; later ones get a new one.
    CancelledError error() {
      CancelledError first = original;
      original = null;
      return first != null ? first : new CancelledError(message);
    }
  }

  final Loop loop;
  private @Nullable Object outcome;
  private @Nullable Object callbacks;

  /// Makes a pending future of the running loop.
  ///
  /// @throws IllegalStateException if no loop is running here
  public LoopFuture() {
    this(Loop.running());
  }

  /// Makes a pending future.
  ///
  /// @param loop its loop
  public LoopFuture(Loop loop) {
    this.loop = loop;
    if (loop.isDebug()) {
      Origins.of(loop).add(this);
    }
  }

  /// {@return this future's loop}
  public final Loop getLoop() {
    return loop;
  }

  /// {@return whether this future is settled: has a result, a failure, or was cancelled}
  public final boolean isDone() {
    takeTurn();
    return outcome != null;
  }

  /// As [#isDone], for descriptions and reports, which any thread may make.
  final boolean isSettled() {
    return outcome != null;
  }

  /// {@return whether this future was cancelled}
  public final boolean isCancelled() {
    takeTurn();
    return outcome instanceof Cancelled;
  }

  /// Settles this future with a result.
  ///
  /// @param value the result
  /// @throws InvalidStateException if it is settled already
  /// @throws IllegalStateException if this is a task: only its body settles it
  public void setResult(T value) {
    settleWith(value);
  }

  /// Settles this future with a failure.
  ///
  /// A failure that nobody reads is reported to the loop's exception handler when this future is
  /// collected, at the latest when the loop closes.
  ///
  /// @param cause what awaiting this future throws
  /// @throws InvalidStateException if it is settled already
  /// @throws IllegalStateException if this is a task: only its body settles it
  public void setException(Throwable cause) {
    failWith(cause);
  }

  /// Cancels this future if it is pending; awaiting it then throws [CancelledError].
  ///
  /// @return whether this call cancelled it
  public final boolean cancel() {
    return cancel(null);
  }

  /// Cancels this future if it is pending, with a message for those who await it.
  ///
  /// @param message what the [CancelledError] says; null for nothing
  /// @return whether this call cancelled it
  public boolean cancel(@Nullable String message) {
    loop.checkTurn();
    markRead();
    if (outcome != null) {
      return false;
    }
    settle(Cancelled.of(message, null));
    return true;
  }

  final void settleWith(T value) {
    requirePending();
    settle(value == null ? NULL : value);
  }

  final void failWith(Throwable cause) {
    requirePending();
    Objects.requireNonNull(cause, "cause");
    Failure failure = Failure.of(cause, LoopTasks.of(loop).unread());
    settle(failure);
    failure.watch(this);
  }

  final void cancelWith(CancelledError original) {
    settle(Cancelled.of(null, original));
  }

  final void cancelSilently(@Nullable String message) {
    settle(Cancelled.of(message, null));
  }

  /// A body may have gone on by itself after a blocking call; here it waits until nothing else runs
  /// on the loop. In debug mode a caller that is not on the loop is refused.
  final void takeTurn() {
    loop.checkTurnToRead();
  }

  private void requirePending() {
    loop.checkTurn();
    if (outcome != null) {
      throw new InvalidStateException("invalid state: the future is settled already: " + this);
    }
  }

  private void settle(Object settled) {
    outcome = settled;
    Object waiting = callbacks;
    callbacks = null; // a settled future must not keep its callbacks reachable
    Callbacks.fire(waiting);
  }

  /// {@return the result; never waits for it}
  ///
  /// Throws what [#setException] was given, the very object, undeclared (decision D7).
  ///
  /// @throws InvalidStateException if nothing has arrived yet
  /// @throws CancelledError if this future was cancelled
  public final T result() {
    takeTurn();
    Object settled = outcome;
    if (settled == null) {
      throw new InvalidStateException("Result is not ready.");
    }
    if (settled instanceof Failure failure) {
      throw Throwing.rethrow(failure.read());
    }
    if (settled instanceof Cancelled cancelled) {
      throw cancelled.error();
    }
    return unbox(settled);
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // NULL stands for a null that T allowed in setResult
  private T unbox(Object settled) {
    return settled == NULL ? null : (T) settled;
  }

  /// {@return what this future failed with, or null if it has a result; never waits}
  ///
  /// @throws InvalidStateException if nothing has arrived yet
  /// @throws CancelledError if this future was cancelled
  public final @Nullable Throwable exception() {
    takeTurn();
    Object settled = outcome;
    if (settled == null) {
      throw new InvalidStateException("Exception is not set.");
    }
    if (settled instanceof Cancelled cancelled) {
      throw cancelled.error();
    }
    return settled instanceof Failure failure ? failure.read() : null;
  }

  /// {@return whether this failed and nobody has read why}
  ///
  /// Reading is [#result], [#exception], awaiting, and cancelling even though it is too late. A
  /// gather or a group reads its children. Asking this is not reading.
  ///
  /// Source: the flag behind "exception was never retrieved", `Future._log_traceback`.
  public final boolean isUnread() {
    takeTurn();
    return outcome instanceof Failure failure && failure.isUnread();
  }

  /// Reads the outcome as awaiting does: what awaiting would throw, or null if there is a result.
  final @Nullable Throwable takeThrowable() {
    Object settled = outcome;
    if (settled instanceof Failure failure) {
      return failure.read();
    }
    return settled instanceof Cancelled cancelled ? cancelled.error() : null;
  }

  /// What this failed with, without counting as reading it.
  final @Nullable Throwable failure() {
    return outcome instanceof Failure failure ? failure.cause() : null;
  }

  /// The error of a cancelled future as asking for its result gives it; a new one for any other.
  final CancelledError cancelledError() {
    return outcome instanceof Cancelled cancelled
        ? cancelled.error()
        : new CancelledError(declinedMessage());
  }

  /// {@return the message of a request to cancel that did not end this future}
  @Nullable String declinedMessage() {
    return null;
  }

  final @Nullable String cancelMessage() {
    return outcome instanceof Cancelled cancelled ? cancelled.message : null;
  }

  final void markRead() {
    if (outcome instanceof Failure failure) {
      failure.read();
    }
  }

  /// {@return the result, waiting for it if need be} Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if this future is pending.
  ///
  /// Throws what this future failed with, the very object, undeclared (decision D7). Where it was
  /// awaited is added to it as a suppressed exception.
  ///
  /// @throws CancelledError if this future or the awaiting task was cancelled
  /// @throws IllegalStateException if it is pending and the caller is not a coroutine
  @Override
  public final T await() {
    takeTurn();
    if (outcome == null) {
      TaskStep.current(loop).awaitOn(this);
    } else if (outcome instanceof Failure failure) {
      TaskStep.noteAwait(loop, failure.cause());
    }
    return result();
  }

  /// {@return the result, waiting for it if need be; lets the compiler accept a catch of one
  /// checked exception} Coroutine only. As [#await()].
  ///
  /// @param declared a checked exception this future may fail with
  /// @param <X> its type
  /// @throws X if this future failed with it
  /// @throws CancelledError if this future or the awaiting task was cancelled
  public final <X extends Exception> T await(Class<X> declared) throws X {
    Objects.requireNonNull(declared, "declared");
    return await();
  }

  /// Calls a function when this future is settled; soon, if it is already.
  ///
  /// The call goes through the loop's ready queue, in a copy of the current context. A function
  /// added twice is called twice.
  ///
  /// @param function what to call, with this future
  public final void addDoneCallback(DoneCallback<? super LoopFuture<T>> function) {
    addDoneCallback(function, null);
  }

  /// Calls a function when this future is settled, in a context of the caller's choice.
  ///
  /// @param function what to call, with this future
  /// @param context the context to call it in, itself and not a copy; null for a copy of the
  ///   current
  public final void addDoneCallback(
      DoneCallback<? super LoopFuture<T>> function, @Nullable Context context) {
    Objects.requireNonNull(function, "function");
    loop.checkTurn();
    add(new Callbacks.Call<>(this, function, context));
  }

  /// Hands the outcome to something outside of the loop that waits for it, such as a future of
  /// another library. The function is called once: when this future is settled, as
  /// [#addDoneCallback] does it, or while the loop closes. Then this future may be pending. On a
  /// closed loop it is called at once.
  ///
  /// [#toCompletableFuture] is made of it.
  ///
  /// @param function what to call, with this future; must not wait for anything
  /// @return takes the function back, on the loop, when nothing waits any more; does nothing once
  ///   the function was called
  public final Runnable addBridge(Consumer<? super LoopFuture<T>> function) {
    Objects.requireNonNull(function, "function");
    loop.checkTurn();
    return Bridges.of(loop).add(this, function)::remove;
  }

  /// As [#addDoneCallback], on behalf of a task: until it is called or removed, the task counts as
  /// one that awaits this future.
  final void addDoneCallbackFor(
      @Nullable Task<?> waiter, DoneCallback<? super LoopFuture<T>> function) {
    add(new Callbacks.CallFor<>(this, function, waiter));
  }

  private void add(Callbacks.Call<T> call) {
    if (outcome != null) {
      call.fire();
    } else {
      addHandle(call);
    }
  }

  /// {@return a future for other threads with this one's outcome} Cancelling it cancels this one; a
  /// cancellation here is one there. If the loop closes while this one is pending, that one is
  /// cancelled, with the message "Event loop is closed".
  ///
  /// Waiting for it on the loop's thread deadlocks.
  ///
  /// Source: the future that `asyncio.run_coroutine_threadsafe` returns, for what is there already.
  public final CompletableFuture<T> toCompletableFuture() {
    loop.checkTurn();
    return Threadsafe.outside(this);
  }

  final void addHandle(Handle handle) {
    callbacks = Callbacks.with(callbacks, handle);
  }

  /// Takes back what [#addHandle] added; false if it is not there.
  final boolean removeHandle(Handle handle) {
    int before = Callbacks.count(callbacks);
    callbacks = Callbacks.without(callbacks, handle);
    return Callbacks.count(callbacks) < before;
  }

  /// Removes every registration of a function; what is in the ready queue already still runs.
  ///
  /// @param function what was given to [#addDoneCallback]
  /// @return how many registrations were removed
  public final int removeDoneCallback(DoneCallback<? super LoopFuture<T>> function) {
    loop.checkTurn();
    int before = Callbacks.count(callbacks);
    callbacks = Callbacks.without(callbacks, function);
    return before - Callbacks.count(callbacks);
  }

  /// Leaves a function registered, but not on behalf of its task any more.
  final void forgetWaiter(DoneCallback<? super LoopFuture<T>> function) {
    Callbacks.forgetWaiter(callbacks, function);
  }

  final void addWaiter(Task<?> waiter) {
    if (outcome == null) {
      addHandle(new Callbacks.Mark(this, waiter));
    }
  }

  final void removeWaiter(Task<?> waiter) {
    callbacks = Callbacks.without(callbacks, waiter);
  }

  /// {@return the tasks that wait for this future, directly or in a `gather`, `wait`, group and so
  /// on, in the order in which they began to} None once it is settled.
  ///
  /// Source: the await graph of Python 3.14, `future_add_to_awaited_by`.
  public final Set<Task<?>> awaitedBy() {
    takeTurn();
    return Callbacks.waiters(callbacks);
  }

  /// What a description of this future says of its state.
  final String stateText() {
    return switch (outcome) {
      case null -> "pending";
      case Failure failure -> "finished exception=" + Repr.value(failure.cause());
      case Cancelled _ -> "cancelled";
      default -> "finished result=" + Repr.value(unbox(outcome));
    };
  }

  /// A description that names no other future.
  String summary() {
    return "<" + getClass().getSimpleName() + (isSettled() ? " finished>" : " pending>");
  }

  /// What is said behind the state: who is called, and in debug mode where this was made.
  final String detailText() {
    Origin origin = origin();
    return Callbacks.text(callbacks) + (origin == null ? "" : " created at " + origin.shortText());
  }

  /// Where this was made, if that was in debug mode.
  final @Nullable Origin origin() {
    return Origins.of(loop).get(this);
  }

  /// {@return a description: the state, what is called when it is settled, and in debug mode where
  /// it was made}
  @Override
  public String toString() {
    return "<" + getClass().getSimpleName() + " " + stateText() + detailText() + ">";
  }
}
