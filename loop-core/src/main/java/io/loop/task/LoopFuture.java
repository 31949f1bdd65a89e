package io.loop.task;

import io.loop.context.Context;
import io.loop.event.Handle;
import io.loop.event.Loop;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// A result that will be available later. It is set once, on one loop.
///
/// Loop thread and coroutines of the loop only; from other threads, queue the call with
/// [Loop#callSoonThreadsafe].
///
/// Source: `asyncio.Future`, Python 3.15.
///
/// @param <T> the type of the result
public sealed class LoopFuture<T extends @Nullable Object> implements Awaitable<T>
    permits Task, GatherFuture, Sleep {

  /*
   * `outcome` is the whole state, so no second field can disagree with it.
   *
   *   null ---setResult, setException, cancel---> settled (final): the class Outcome reads it
   *
   * Callbacks never run inside the call that settles the future, nor inside addDoneCallback: both
   * hand them to the loop. A caller is not re-entered, and the stack stays flat however long a
   * chain of futures grows.
   *
   * `callbacks` belongs to the class Callbacks, which also knows the tasks that wait.
   *
   * No field is volatile. Confinement orders every access; the loop does all hand-over between
   * threads.
   */

  final Loop loop;
  private @Nullable Object outcome;
  private @Nullable Object callbacks;

  /// Creates a pending future of the running loop.
  ///
  /// @throws IllegalStateException if no loop is running on this thread
  public LoopFuture() {
    this(Loop.running());
  }

  /// Creates a pending future.
  ///
  /// @param loop its loop
  public LoopFuture(Loop loop) {
    this.loop = loop;
    if (loop.isDebug()) {
      Turns.take();
      Origins.of(loop).add(this);
    }
  }

  /// {@return this future's loop}
  public final Loop getLoop() {
    return loop;
  }

  /// {@return whether this future is settled: it has a result or a failure, or was cancelled}
  public final boolean isDone() {
    takeTurn();
    return outcome != null;
  }

  /// Like [#isDone], for descriptions and reports; any thread.
  final boolean isSettled() {
    return outcome != null;
  }

  /// {@return whether this future was cancelled}
  public final boolean isCancelled() {
    takeTurn();
    return outcome instanceof Outcome.Cancelled;
  }

  /// Settles this future with a result.
  ///
  /// @param value the result
  /// @throws InvalidStateException if it is already settled
  /// @throws IllegalStateException if this is a task, which only its body settles
  public void setResult(T value) {
    settleWith(value);
  }

  /// Settles this future with a failure.
  ///
  /// A failure that is never read is reported to the loop's exception handler when this future is
  /// garbage-collected, or at the latest when the loop closes.
  ///
  /// @param cause the exception that awaiting this future throws
  /// @throws InvalidStateException if it is already settled
  /// @throws IllegalStateException if this is a task, which only its body settles
  public void setException(Throwable cause) {
    failWith(cause);
  }

  /// Cancels this future if it is pending; awaiting it then throws [CancelledError].
  ///
  /// @return whether this call cancelled it
  public final boolean cancel() {
    return cancel(null);
  }

  /// Cancels this future if it is pending, with a message.
  ///
  /// @param message the message of the [CancelledError]; null for none
  /// @return whether this call cancelled it
  public boolean cancel(@Nullable String message) {
    loop.checkTurn();
    markRead();
    if (outcome != null) {
      return false;
    }
    cancelWith(message, null);
    return true;
  }

  final void settleWith(T value) {
    requirePending();
    settle(Outcome.ofValue(value));
  }

  final void failWith(Throwable cause) {
    requirePending();
    Objects.requireNonNull(cause, "cause");
    Failure failure = Failure.of(cause, LoopTasks.of(loop).unread());
    settle(failure);
    failure.watch(this);
  }

  /// Settles this as cancelled, with a message or with the error that the task ended with.
  final void cancelWith(@Nullable String message, @Nullable CancelledError original) {
    settle(Outcome.Cancelled.of(message, original));
  }

  /// Waits until nothing else runs on the loop, because a body may have continued on its own after
  /// a blocking call. In debug mode, throws if the caller is not on the loop.
  final void takeTurn() {
    loop.checkTurnToRead();
  }

  private void requirePending() {
    loop.checkTurn();
    if (outcome != null) {
      throw new InvalidStateException("invalid state: the future is already settled: " + this);
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
  /// Throws the exception given to [#setException]: the same object, undeclared (decision D7).
  ///
  /// @throws InvalidStateException if this future is pending
  /// @throws CancelledError if this future was cancelled
  @SuppressWarnings({"unchecked", "NullAway"}) // the value is what T allowed in setResult
  public final T result() {
    takeTurn();
    Object settled = outcome;
    if (settled == null) {
      throw new InvalidStateException("Result is not ready.");
    }
    return (T) Outcome.result(settled);
  }

  /// {@return the exception this future failed with, or null if it has a result; never waits}
  ///
  /// @throws InvalidStateException if this future is pending
  /// @throws CancelledError if this future was cancelled
  public final @Nullable Throwable exception() {
    takeTurn();
    Object settled = outcome;
    if (settled == null) {
      throw new InvalidStateException("Exception is not set.");
    }
    return Outcome.exception(settled);
  }

  /// {@return whether this future failed and its failure has not been read}
  ///
  /// A failure is read by [#result], by [#exception], by awaiting the future, and by cancelling it
  /// although it is done. A gather or a group reads its children. This method does not read it.
  ///
  /// Source: the flag behind "exception was never retrieved", `Future._log_traceback`.
  public final boolean isUnread() {
    takeTurn();
    return outcome instanceof Failure failure && failure.isUnread();
  }

  /// Reads the outcome as awaiting does. Returns what awaiting would throw, or null for a result.
  final @Nullable Throwable takeThrowable() {
    return Outcome.throwable(outcome);
  }

  /// Returns the exception this failed with, without marking it as read.
  final @Nullable Throwable failure() {
    return outcome instanceof Failure failure ? failure.cause() : null;
  }

  /// Returns the error that [#result] throws for a cancelled future; a new one for any other
  /// future.
  final CancelledError cancelledError() {
    return outcome instanceof Outcome.Cancelled cancelled
        ? cancelled.error()
        : new CancelledError(declinedMessage());
  }

  /// {@return the message of a cancellation request that did not end this future}
  @Nullable String declinedMessage() {
    return null;
  }

  final @Nullable String cancelMessage() {
    return outcome instanceof Outcome.Cancelled cancelled ? cancelled.message() : null;
  }

  final void markRead() {
    if (outcome instanceof Failure failure) {
      failure.read();
    }
  }

  /// {@return the result, waiting for it if necessary} Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if this future is pending.
  ///
  /// Throws the exception this future failed with: the same object, undeclared (decision D7). A
  /// suppressed exception is added to it that shows where it was awaited.
  ///
  /// @throws CancelledError if this future or the awaiting task was cancelled
  /// @throws IllegalStateException if this future is pending and the caller is not a coroutine
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

  /// {@return the result, waiting for it if necessary} Declares one checked exception, so that
  /// callers can catch it. Coroutine only; like [#await()].
  ///
  /// @param declared a checked exception that this future may fail with
  /// @param <X> its type
  /// @throws X if this future failed with it
  /// @throws CancelledError if this future or the awaiting task was cancelled
  public final <X extends Exception> T await(Class<X> declared) throws X {
    Objects.requireNonNull(declared, "declared");
    return await();
  }

  /// Adds a callback to run when this future is settled. If it is already settled, the callback is
  /// scheduled immediately.
  ///
  /// The callback runs through the loop's ready queue, in a copy of the current context. A callback
  /// that is added twice is called twice.
  ///
  /// @param function the callback, called with this future
  public final void addDoneCallback(DoneCallback<? super LoopFuture<T>> function) {
    addDoneCallback(function, null);
  }

  /// Adds a callback to run when this future is settled, in a given context.
  ///
  /// @param function the callback, called with this future
  /// @param context the context to run it in, used directly rather than copied; null for a copy of
  ///   the current context
  public final void addDoneCallback(
      DoneCallback<? super LoopFuture<T>> function, @Nullable Context context) {
    Objects.requireNonNull(function, "function");
    loop.checkTurn();
    add(new Callbacks.Call<>(this, function, context));
  }

  /// Adds a callback that passes the outcome to something outside the loop, such as a future of
  /// another library. The callback is called once: when this future is settled, as with
  /// [#addDoneCallback], or while the loop closes, when this future may still be pending. On a
  /// closed loop it is called immediately.
  ///
  /// [#toCompletableFuture] is built on this.
  ///
  /// @param function the callback, called with this future; it must not block
  /// @return removes the callback, when nothing waits any more; to be run on the loop; has no
  ///   effect once the callback was called
  public final Runnable addBridge(Consumer<? super LoopFuture<T>> function) {
    Objects.requireNonNull(function, "function");
    loop.checkTurn();
    return Bridges.of(loop).add(this, function)::remove;
  }

  /// Like [#addDoneCallback], on behalf of a task: until the callback is called or removed, the
  /// task counts as awaiting this future.
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

  /// {@return a future for use by other threads, with this future's outcome} Cancelling either
  /// future cancels the other. If the loop closes while this future is pending, the returned one is
  /// cancelled with the message "Event loop is closed".
  ///
  /// Waiting for it on the loop's thread deadlocks.
  ///
  /// Source: the future that `asyncio.run_coroutine_threadsafe` returns, here for an existing
  /// future.
  public final CompletableFuture<T> toCompletableFuture() {
    loop.checkTurn();
    return Threadsafe.outside(this);
  }

  final void addHandle(Handle handle) {
    callbacks = Callbacks.with(callbacks, handle);
  }

  /// Removes what [#addHandle] added; returns false if it is not there.
  final boolean removeHandle(Handle handle) {
    int before = Callbacks.count(callbacks);
    callbacks = Callbacks.without(callbacks, handle);
    return Callbacks.count(callbacks) < before;
  }

  /// Removes every registration of a callback. A callback that is already in the ready queue still
  /// runs.
  ///
  /// @param function the callback given to [#addDoneCallback]
  /// @return the number of registrations removed
  public final int removeDoneCallback(DoneCallback<? super LoopFuture<T>> function) {
    loop.checkTurn();
    int before = Callbacks.count(callbacks);
    callbacks = Callbacks.without(callbacks, function);
    return before - Callbacks.count(callbacks);
  }

  /// Keeps a callback registered, but no longer on behalf of its task.
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

  /// {@return the tasks that wait for this future, directly or through a `gather`, `wait`, group
  /// and so on, in the order in which they began to wait} Empty once this future is settled.
  ///
  /// Source: the await graph of Python 3.14, `future_add_to_awaited_by`.
  public final Set<Task<?>> awaitedBy() {
    takeTurn();
    return Callbacks.waiters(callbacks);
  }

  /// {@return the text for the state in a description}
  final String stateText() {
    return Outcome.text(outcome);
  }

  /// {@return the text for the callbacks in a description}
  final String callbacksText() {
    return Callbacks.text(callbacks);
  }

  /// {@return a description: the state, the callbacks, and in debug mode where this was created}
  @Override
  public String toString() {
    return FutureText.describe(this);
  }
}
