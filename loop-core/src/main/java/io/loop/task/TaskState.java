package io.loop.task;

import io.loop.context.Context;
import io.loop.event.Handle;
import io.loop.event.MemoryReserve;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The state of a task that is not done, and all its transitions. Each transition returns what is
/// to be done next; [TaskStep] does it.
///
/// Loop thread and coroutines of the loop only.
abstract class TaskState extends Handle {

  /*
   *                     ended()
   *   RUNNING ------------------------> FINISHED <---wakeUp(), unwind()--- a body that never started
   *    |  ^  ^                                                            and is to throw
   *    |  |  |
   *    |  |  +--wakeUp()-- SCHEDULED <--the future is settled--+
   *    |  |                   ^   ^  <--the ring is broken-----+
   *    |  +--comes back--+    |   |                            |
   *    |                 |    |   `- created                   |
   *    +--blocks--> BLOCKED   |                                |
   *    +--suspendedOn(null, or a future that cannot be awaited)|
   *    `--suspendedOn(future)------------------------------> WAITING
   *
   *   WAITING     `waiter` is a future that is not done and holds this as a callback
   *   SCHEDULED   this is in the ready queue; `waiter` is null, or done
   *   RUNNING     the body is on the loop; `waiter` is null
   *   BLOCKED     the body is in a blocking JDK call: RUNNING, as asyncio sees it
   *
   * request() immediately cancels the future of a WAITING task. In the other states it sets
   * `mustCancel`: the next wakeUp() turns it into a CancelledError, or suspendedOn() cancels the
   * future that the body suspends on next. `waiter` is kept after such a cancel, because it may be
   * a task that declines and has to be cancelled again.
   *
   * A BLOCKED body is interrupted too. `interrupt` records this until the body's thread has its
   * turn, ends the interrupt and clears the thread's flag:
   *
   *   null --request() finds the body BLOCKED--> out --the body resumes after an await---------> null
   *                                               |----its exception leaves the body or scope--> null
   *                                               `----its last request is withdrawn-----------> null
   *
   * While `shielding` is set, it holds the requests from outside, and `cancelRequests` counts only
   * the requests that are to reach the body before the shielding ends.
   *
   * A scope withdraws only its own request, whatever the count is: the body may be cleaning up
   * after an earlier one. A body that has its turn is not blocked, so no interrupt arrives late.
   *
   * `incoming` is what the next await in the body throws. It is set by wakeUp(), or earlier if the
   * step that throws had to be scheduled. `outcome` carries the result or the fault of the body
   * from its stack to the end of the task.
   *
   * This is the superclass of the mount and not a part of it, because an object per task would cost
   * 16 bytes more.
   */

  final Task<?> task;
  private @Nullable LoopFuture<?> waiter;
  private boolean mustCancel;
  private boolean isPassingCancelOn;
  private int cancelRequests;
  private @Nullable String cancelMessage;
  private @Nullable Interrupt interrupt;
  private @Nullable Shielding shielding;
  private @Nullable Throwable incoming;
  private @Nullable Object outcome; // what the body has returned or thrown
  private boolean failed;

  TaskState(Task<?> task, Context context) {
    super(task.loop, context, false);
    this.task = task;
  }

  /// {@return whether the body has a coroutine}
  abstract boolean hasStarted();

  /// {@return whether the body is BLOCKED, or waits for its turn after a blocking call}
  abstract boolean isAway();

  /// {@return whether the thread of the body, which has started, is interrupted}
  abstract boolean isInterrupted();

  /// {@return whether the calling thread is the body's}
  abstract boolean isCurrentThread();

  /// SCHEDULED: the step is run.
  final Next wakeUp() {
    LoopFuture<?> settled = waiter;
    return settled == null ? step(incoming) : step(settled.takeThrowable());
  }

  private Next step(@Nullable Throwable throwing) {
    waiter = null;
    incoming = throwing;
    if (mustCancel) {
      mustCancel = false;
      if (!(throwing instanceof CancelledError)) {
        incoming = new CancelledError(cancelMessage);
      }
    }
    Throwable unheard = incoming;
    return unheard == null || hasStarted() ? Next.RUN : failed(unheard);
  }

  /// RUNNING, but there is no body that could run.
  final Next failed(Throwable refusal) {
    ended(null, refusal);
    return Next.FINISH;
  }

  /// RUNNING: the body has suspended, on a future, or for one tick if it is null.
  final Next suspendedOn(@Nullable LoopFuture<?> future) {
    if (future == null) {
      return Next.SCHEDULE;
    }
    if (future.loop != task.loop) {
      return refuse(task + " got future " + future + " attached to a different loop");
    }
    if (future == task) {
      return refuse("Task cannot await on itself: " + task);
    }
    try {
      future.addHandle(this);
    } catch (OutOfMemoryError full) { // this future could not wake the body
      MemoryReserve.useAfter(full);
      incoming = full;
      return Next.SCHEDULE;
    }
    waiter = future;
    if (mustCancel && future.cancel(cancelMessage)) {
      mustCancel = false;
    }
    return Next.WAIT;
  }

  private Next refuse(String message) {
    incoming = new IllegalStateException(message);
    return Next.SCHEDULE;
  }

  /// {@return what the await in the body is to throw, or null} Body only, when it resumes.
  final @Nullable Throwable takeIncoming() {
    endInterrupt();
    Throwable throwing = incoming;
    if (throwing != null) {
      incoming = null;
    }
    return throwing;
  }

  /// Records the outcome of the body, on its own stack, or of a task without a body.
  final void ended(@Nullable Object value, @Nullable Throwable thrown) {
    failed = thrown != null;
    outcome = failed ? thrown : value;
  }

  /// {@return what the task is to be settled with, if it has not failed}
  final @Nullable Object result() {
    return outcome;
  }

  /// {@return what the task has failed with, or null}
  final @Nullable Throwable fault() {
    return failed ? (Throwable) outcome : null;
  }

  /// The loop is closing: ends the body. Each of its awaits throws, so its `finally` blocks run. A
  /// body that has not started never does.
  final Next unwind() {
    if (!isAway()) {
      return step(new CancelledError("Event loop is closed"));
    }
    noteInterrupt();
    return Next.INTERRUPT;
  }

  /// FINISHED: releases everything.
  final void releaseState() {
    waiter = null;
    incoming = null;
    outcome = null;
    failed = false;
  }

  /// Requests cancellation of the body.
  ///
  /// @param target the value of [#shielding] where the scope of the request was entered; null for
  ///   the whole body
  /// @param message the message of the [CancelledError]
  final Next request(@Nullable Shielding target, @Nullable String message) {
    if (shielding == null || shielding == target) {
      return request(message);
    }
    shielding.holder(target).hold(message);
    return Next.WAIT;
  }

  private Next request(@Nullable String message) {
    cancelRequests++;
    if (isPassingCancelOn) {
      return breakRing(message);
    }
    if (waiter != null && passCancelOn(waiter, message)) {
      return Next.WAIT;
    }
    boolean isBlocked = isAway();
    if (isBlocked) {
      noteInterrupt();
    }
    if (interrupt != null) {
      interrupt.addRequest();
    }
    mustCancel = true;
    cancelMessage = message;
    return isBlocked ? Next.INTERRUPT : Next.WAIT;
  }

  private boolean passCancelOn(LoopFuture<?> waitedFor, @Nullable String message) {
    isPassingCancelOn = true;
    try {
      return waitedFor.cancel(message);
    } finally {
      isPassingCancelOn = false;
    }
  }

  /// Breaks a cycle of tasks that wait for each other, which nothing else would ever wake. The
  /// cancellation has come back to this task, and wakes it.
  private Next breakRing(@Nullable String message) {
    LoopFuture<?> waitedFor = waiter;
    if (waitedFor == null || !waitedFor.removeHandle(this)) {
      return Next.WAIT;
    }
    waiter = null;
    mustCancel = true;
    cancelMessage = message;
    return Next.SCHEDULE;
  }

  private void noteInterrupt() {
    if (interrupt == null) {
      interrupt = new Interrupt(!isInterrupted(), mustCancel ? 1 : 0);
    }
  }

  /// {@return what identifies the request that a scope has just made, for [#withdrawOf]}
  ///
  /// @param target the target of the request
  final @Nullable Interrupt sentAs(@Nullable Shielding target) {
    if (shielding != null && shielding != target) {
      return shielding.holder(target).pending();
    }
    return mustCancel ? interrupt : null;
  }

  /// Withdraws one request.
  ///
  /// @return the number of requests left
  final int withdrawOne() {
    int before = outstanding();
    if (cancelRequests > 0) {
      cancelRequests--;
    } else {
      Shielding.takeBack(shielding);
    }
    if (before == 1) {
      withdraw();
      Shielding.forget(shielding);
    }
    return Math.max(0, before - 1);
  }

  /// Withdraws the request of a scope in the body, when the scope ends. Body only.
  ///
  /// @param sentAs what [#sentAs] returned
  /// @return the number of requests left that are not held back
  final int withdrawOf(@Nullable Interrupt sentAs) {
    if (cancelRequests > 0 && --cancelRequests == 0) {
      withdraw();
    }
    if (sentAs != null && sentAs == interrupt && sentAs.removeRequest()) {
      withdraw();
    }
    return cancelRequests;
  }

  /// Makes the next await throw the cancellation again. Body only.
  final Next repeatRequest() {
    if (cancelRequests > 0 && --cancelRequests == 0) {
      withdraw();
    }
    return request(null);
  }

  private void withdraw() {
    mustCancel = false;
    if (isCurrentThread()) {
      endInterrupt();
    } else if (interrupt != null) { // not the body's thread: the flag stays until its next await
      interrupt = interrupt.withoutRequests();
    }
  }

  /// {@return whether a request has not reached the body, which has ended without a fault; it
  /// counts as delivered now}
  final boolean takeUndelivered() {
    boolean isUndelivered = mustCancel;
    mustCancel = false;
    return isUndelivered;
  }

  /// Ends the interrupt because the cancellation has reached the body or was withdrawn. What the
  /// body does next must not be interrupted. Body only.
  final void endInterrupt() {
    Interrupt ending = interrupt;
    if (ending != null) {
      interrupt = null;
      ending.takeOff();
    }
  }

  /// Translates an exception that leaves the body, or a scope in it. If the body was interrupted
  /// because the task was cancelled, an exception caused by the interrupt becomes that
  /// cancellation. Body only.
  final Throwable translate(Throwable thrown) {
    task.takeTurn(); // before it has its turn, the loop may interrupt it
    if (interrupt == null
        || interrupt.isUnrelatedTo(thrown)
        || !Interrupt.isBehind(thrown, mustCancel)) {
      return thrown;
    }
    withdraw(); // delivered
    return new CancelledError(cancelMessage, thrown);
  }

  /// Begins a shielded section: requests from outside are held back. Body only.
  final void beginShielding() {
    task.takeTurn();
    Interrupt sent = interrupt;
    boolean isFlagUp = sent != null && Thread.currentThread().isInterrupted();
    endInterrupt();
    Interrupt pending = !mustCancel ? null : sent != null ? sent : new Interrupt(true, 1);
    shielding = new Shielding(shielding, cancelRequests, pending, cancelMessage, isFlagUp);
    cancelRequests = 0;
    mustCancel = false;
  }

  /// Ends the innermost shielded section. Body only.
  ///
  /// @param thrown the exception that leaves the section, or null
  final void endShielding(@Nullable Throwable thrown) {
    task.takeTurn();
    Shielding ended = Objects.requireNonNull(shielding);
    shielding = ended.outer();
    cancelRequests += ended.requests();
    Interrupt pending = ended.pending();
    if (pending != null) {
      endInterrupt();
      mustCancel = true;
      cancelMessage = ended.message();
      interrupt = pending;
      pending.resume(ended.mustInterrupt(), thrown);
    }
  }

  /// {@return the future that the body waits for, or null}
  final @Nullable LoopFuture<?> waiter() {
    return waiter;
  }

  /// {@return whether the next await throws a [CancelledError]}
  final boolean mustCancel() {
    return mustCancel;
  }

  final @Nullable String cancelMessage() {
    return cancelMessage;
  }

  /// {@return the innermost shielded section of the body that is running, or null}
  final @Nullable Shielding shielding() {
    return shielding;
  }

  /// {@return the number of requests that scopes in the body count: those that are not held back}
  final int requests() {
    return cancelRequests;
  }

  /// {@return the number of requests, including those that are held back}
  final int outstanding() {
    return shielding == null ? cancelRequests : cancelRequests + Shielding.count(shielding);
  }
}
