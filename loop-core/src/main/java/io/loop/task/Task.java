package io.loop.task;

import io.loop.coroutine.Coroutine;
import io.loop.event.Context;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.SystemExit;
import java.io.PrintStream;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// A future that runs a coroutine. It is settled when the body finishes.
///
/// Loop thread and coroutines of the loop only, like [LoopFuture]. The loop keeps a reference to a
/// task until the task is done. Cancelling is a request: the body's current or next await throws a
/// [CancelledError], which the body may catch to decline the request.
///
/// Source: `asyncio.Task`, Python 3.15. In addition, cancelling a task whose body is in a blocking
/// JDK call interrupts the body.
///
/// @param <T> the type of the result
public final class Task<T extends @Nullable Object> extends LoopFuture<T> {

  /*
   * A task that is not done is in exactly one of these states:
   *
   *   waiting     `waiter` is a future that is not done and holds our step as a callback
   *   scheduled   our step is in the ready queue; `waiter` is null, or done
   *   running     the body is on the loop; `waiter` is null
   *   blocked     the body is in a blocking JDK call: running, as asyncio sees it
   *
   * cancel() immediately cancels the waiter of a waiting task. In the other states it sets
   * `mustCancel`: the next step turns it into a CancelledError, or it cancels the future that the
   * body suspends on next. `waiter` is kept after such a cancel, because it may be a task that
   * declines and has to be cancelled again.
   *
   * A blocked body is interrupted too. `interrupt` records this until the body's thread has its
   * turn, ends the interrupt and clears the thread's flag:
   *
   *   null --cancel() finds the body blocked--> out --the body resumes after an await---------> null
   *                                              |----its exception leaves the body or scope--> null
   *                                              `----its last request is withdrawn-----------> null
   *
   * While `shielding` is set, it holds the requests from outside, and `cancelRequests` counts only
   * the requests that are to reach the body before the shielding ends.
   *
   * A scope withdraws only its own request, whatever the count is: the body may be cleaning up
   * after an earlier one. A body that has its turn is not blocked, so no interrupt arrives late.
   *
   * The file is long because every method carries its contract, and because starting, stepping,
   * cancelling and finishing change the same few fields. Stacks, descriptions and the list of
   * pending tasks are in other classes.
   *
   * `incoming` is set only between scheduling a step that throws and running it. `bodyResult` and
   * `bodyFault` carry the body's outcome from its stack to finish().
   *
   * A task that is done may be kept for its result. It releases everything else: the context, and
   * the body, of which `work` then keeps only the class, for descriptions.
   */

  private static final AtomicLong NAMES = new AtomicLong();
  private static final VarHandle NAME =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "name", VarHandle.class, Task.class, String.class);

  private @Nullable Object work; // the Coro, later its class; null if done after an eager start
  private final LoopTasks tasks;
  private final TaskStep step;

  private @Nullable Context context;
  private @Nullable String name;
  private PendingTasks.@Nullable Entry entry;
  private @Nullable LoopFuture<?> waiter;
  private boolean mustCancel;
  private boolean isPassingCancelOn;
  private @Nullable Interrupt interrupt;
  private @Nullable Shielding shielding;
  private boolean quiet;
  private int cancelRequests;
  private @Nullable String cancelMessage;
  private @Nullable Throwable incoming;
  private @Nullable T bodyResult;
  private @Nullable Throwable bodyFault;

  private Task(Loop loop, Coro<T> body, TaskOptions options) {
    super(loop);
    this.work = Objects.requireNonNull(body, "body");
    this.tasks = LoopTasks.of(loop);
    this.name = options.name();
    Context given = options.context() != null ? options.context() : Context.copyCurrent();
    this.context = given;
    this.step = new TaskStep(this, tasks, given);
  }

  /// {@return a new task that runs a body on a loop, created by the loop's task factory if there is
  /// one}
  ///
  /// Without a factory, the task starts in the next tick.
  ///
  /// Source: `loop.create_task`.
  ///
  /// @param loop the loop
  /// @param body what to run
  /// @param options name, context and eager start
  /// @param <T> the type of the result
  /// @throws IllegalStateException if the loop is closed
  public static <T extends @Nullable Object> Task<T> create(
      Loop loop, Coro<T> body, TaskOptions options) {
    TaskFactory factory = LoopTasks.of(loop).factory();
    return factory == null ? of(loop, body, options) : factory.create(loop, body, options);
  }

  /// {@return a new task that runs a body on a loop, regardless of the loop's task factory} For use
  /// by task factories; other code calls [#create].
  ///
  /// Source: the constructor of `asyncio.Task`.
  ///
  /// @param loop the loop
  /// @param body what to run
  /// @param options name, context and eager start
  /// @param <T> the type of the result
  /// @throws IllegalStateException if the loop is closed
  public static <T extends @Nullable Object> Task<T> of(
      Loop loop, Coro<T> body, TaskOptions options) {
    var task = new Task<>(loop, body, options);
    task.start(Boolean.TRUE.equals(options.eagerStart()) && loop.isRunning());
    return task;
  }

  /// Returns a task that is not scheduled; the caller runs its first step.
  static <T extends @Nullable Object> Task<T> inner(Loop loop, Coro<T> body, TaskOptions options) {
    var task = new Task<>(loop, body, options);
    task.entry = task.tasks.add(task);
    return task;
  }

  private void start(boolean eagerly) {
    if (eagerly) {
      startEagerly();
    } else {
      step.wake();
      entry = tasks.add(this);
    }
  }

  private void startEagerly() {
    Task<?> creator = tasks.current();
    entry = tasks.add(this);
    try {
      if (creator != null && creator.step.isCurrentThread()) {
        creator.step.coroutine().callOutside(this::firstStep);
      } else if (loop.isAttached()) {
        step.wake(); // the executor's thread may hold monitors here: see decision D27
      } else {
        loop.callOnCarrier(this::firstStep);
      }
    } catch (IllegalStateException refused) {
      leave();
      throw refused;
    }
  }

  /// Removes this from the list of pending tasks, if it is there.
  private void leave() {
    PendingTasks.Entry left = entry;
    if (left != null) {
      entry = null;
      tasks.remove(left);
    }
  }

  private @Nullable Void firstStep() {
    step.runFirst();
    if (isDone()) {
      work = null;
    }
    return null;
  }

  /// {@return the current task, or null in a callback}
  ///
  /// Source: `asyncio.current_task`.
  ///
  /// @throws IllegalStateException if no loop is running on this thread
  public static @Nullable Task<?> current() {
    return LoopTasks.of(Loop.running()).current();
  }

  /// {@return the task whose body is the caller, or null if the caller is a callback or a thread
  /// that runs no task} Any thread. Unlike [#current], it may be called where no loop is running,
  /// and it ignores a task for which the loop's thread is doing some work. For layers.
  public static @Nullable Task<?> here() {
    return Coroutine.currentOwner() instanceof TaskStep step ? step.task() : null;
  }

  /// {@return the tasks of the running loop that are not done, in the order of their creation}
  ///
  /// Source: `asyncio.all_tasks`.
  ///
  /// @throws IllegalStateException if no loop is running on this thread
  public static List<Task<?>> all() {
    return all(Loop.running());
  }

  /// {@return the tasks of a loop that are not done, in the order of their creation} Any thread.
  ///
  /// If called on another thread than the loop's, the list contains every task that is pending
  /// during the whole call; a task that starts or finishes meanwhile may or may not be in it. The
  /// tasks themselves belong to the loop: call their methods on its thread.
  ///
  /// @param loop the loop
  public static List<Task<?>> all(Loop loop) {
    return LoopTasks.all(loop);
  }

  /// {@return whether the next await throws a [CancelledError]}
  boolean mustCancel() {
    return mustCancel;
  }

  /// Runs what was scheduled: a step, or a wake-up by the waiter.
  void continueOrWake() {
    LoopFuture<?> settled = waiter;
    if (settled != null) {
      step(settled.takeThrowable());
    } else {
      Throwable throwing = incoming;
      incoming = null;
      step(throwing);
    }
  }

  private void step(@Nullable Throwable throwing) {
    Throwable fault = throwing;
    if (mustCancel) {
      if (!(fault instanceof CancelledError)) {
        fault = new CancelledError(cancelMessage);
      }
      mustCancel = false;
    }
    waiter = null;
    step.advance(fault);
  }

  void runBody() {
    try (var _ = step.restoreThreadLocals()) {
      bodyResult = Objects.requireNonNull(body()).run();
    } catch (Throwable fault) {
      bodyFault = translate(fault);
    }
  }

  /// Translates an exception that leaves this task's body, or a scope in it. If the body was
  /// interrupted because the task was cancelled, an exception caused by the interrupt becomes that
  /// cancellation. Coroutine only.
  Throwable translate(Throwable fault) {
    takeTurn(); // before it has its turn, the loop may interrupt it
    if (interrupt == null
        || interrupt.isUnrelatedTo(fault)
        || !Interrupt.isBehind(fault, mustCancel)) {
      return fault;
    }
    withdraw(); // delivered
    return new CancelledError(cancelMessage, fault);
  }

  private void withdraw() {
    mustCancel = false;
    if (step.isCurrentThread()) {
      endInterrupt();
    } else if (interrupt != null) { // not the body's thread: the flag stays until its next await
      interrupt = interrupt.withoutRequests();
    }
  }

  /// Ends the interrupt because the cancellation has reached the body or was withdrawn. What the
  /// body does next must not be interrupted. Coroutine only.
  void endInterrupt() {
    Interrupt ending = interrupt;
    if (ending != null) {
      interrupt = null;
      ending.takeOff();
    }
  }

  /// Called when the body has suspended: on a future, or for one tick if it is null.
  void suspendedOn(@Nullable LoopFuture<?> future) {
    if (future == null) {
      step.wake();
    } else if (future.loop != loop) {
      scheduleThrowing(this + " got future " + future + " attached to a different loop");
    } else if (future == this) {
      scheduleThrowing("Task cannot await on itself: " + this);
    } else {
      try {
        future.addHandle(step);
      } catch (OutOfMemoryError full) { // this future could not wake the body
        MemoryReserve.useAfter(full);
        incoming = full;
        step.wake();
        return;
      }
      waiter = future;
      if (mustCancel && future.cancel(cancelMessage)) {
        mustCancel = false;
      }
    }
  }

  private void scheduleThrowing(String message) {
    incoming = new IllegalStateException(message);
    step.wake();
  }

  /// Called when the body has finished.
  void finish() {
    T result = bodyResult;
    Throwable fault = bodyFault;
    bodyResult = null;
    bodyFault = null;
    finish(result, fault);
  }

  void finish(@Nullable Object result, @Nullable Throwable fault) {
    leave();
    try {
      settleAs(result, fault);
    } finally {
      letGo();
    }
  }

  private void letGo() {
    if (work != null) {
      work = Repr.typeOf(work);
    }
    context = null;
    step.letGo();
  }

  @SuppressWarnings("NullAway") // a null result is one that T allows
  private void settleAs(@Nullable Object result, @Nullable Throwable fault) {
    if (fault == null) {
      succeed(result);
    } else if (fault instanceof CancelledError cancelled) {
      cancelWith(cancelled);
    } else {
      failWith(fault);
      if (fault instanceof KeyboardInterrupt || fault instanceof SystemExit) {
        throw (Error) fault;
      }
    }
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // the result is what the body of type T returned
  private void succeed(@Nullable Object result) {
    if (mustCancel) {
      mustCancel = false;
      cancelSilently(cancelMessage);
    } else {
      settleWith((T) result);
    }
  }

  /// Requests cancellation.
  ///
  /// @param message the message of the [CancelledError]; null for none
  /// @return false if this task is already done; true does not guarantee cancellation, because the
  ///   body may decline it
  @Override
  public boolean cancel(@Nullable String message) {
    loop.checkTurn();
    markRead();
    if (isDone()) {
      return false;
    }
    if (shielding != null) {
      shielding.hold(null, message);
    } else {
      request(message);
    }
    return true;
  }

  private void request(@Nullable String message) {
    cancelRequests++;
    if (isPassingCancelOn) {
      breakRing(message);
      return;
    }
    if (waiter != null && passCancelOn(waiter, message)) {
      return;
    }
    boolean isAway = step.isAway();
    if (isAway) {
      noteInterrupt();
    }
    if (interrupt != null) {
      interrupt.addRequest();
    }
    mustCancel = true;
    cancelMessage = message;
    if (isAway) {
      step.interrupt(); // last: the body may resume immediately
    }
  }

  private void noteInterrupt() {
    if (interrupt == null) {
      interrupt = new Interrupt(!step.isInterrupted(), mustCancel ? 1 : 0);
    }
  }

  /// Requests cancellation on behalf of a scope of the body.
  ///
  /// @param level the value of [#shielding] when the scope was entered
  /// @return the argument for [#uncancel(Interrupt)]
  @Nullable Interrupt cancelForScope(@Nullable Shielding level) {
    loop.checkTurn();
    if (isDone()) {
      return null;
    }
    if (shielding != null && shielding != level) {
      return shielding.hold(level, null);
    }
    request(null);
    return mustCancel ? interrupt : null;
  }

  /// {@return the innermost shielded section of the body that is running, or null}
  @Nullable Shielding shielding() {
    return shielding;
  }

  /// Begins a shielded section: cancellations from outside are held back. Coroutine only.
  void beginShielding() {
    takeTurn();
    Interrupt sent = interrupt;
    boolean isFlagUp = sent != null && Thread.currentThread().isInterrupted();
    endInterrupt();
    Interrupt pending = !mustCancel ? null : sent != null ? sent : new Interrupt(true, 1);
    shielding = new Shielding(shielding, cancelRequests, pending, cancelMessage, isFlagUp);
    cancelRequests = 0;
    mustCancel = false;
  }

  /// Ends the innermost shielded section. Coroutine only.
  ///
  /// @param fault the exception that leaves the section, or null
  void endShielding(@Nullable Throwable fault) {
    takeTurn();
    Shielding ended = Objects.requireNonNull(shielding);
    shielding = ended.outer();
    cancelRequests += ended.requests();
    Interrupt pending = ended.pending();
    if (pending != null) {
      endInterrupt();
      mustCancel = true;
      cancelMessage = ended.message();
      interrupt = pending;
      pending.resume(ended.mustInterrupt(), fault);
    }
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
  private void breakRing(@Nullable String message) {
    LoopFuture<?> waitedFor = waiter;
    if (waitedFor != null && waitedFor.removeHandle(step)) {
      waiter = null;
      mustCancel = true;
      cancelMessage = message;
      step.wake();
    }
  }

  @Override
  @Nullable String declinedMessage() {
    return cancelMessage;
  }

  /// {@return the number of outstanding cancellation requests}
  ///
  /// Source: `Task.cancelling`.
  public int cancelling() {
    takeTurn();
    return outstanding();
  }

  private int outstanding() {
    return shielding == null ? cancelRequests : cancelRequests + Shielding.count(shielding);
  }

  /// {@return the number of requests that scopes in the body count: those that are not held back}
  int requests() {
    return cancelRequests;
  }

  /// Withdraws one cancellation request. Withdrawing the last one also discards a cancellation that
  /// has not reached the body yet. Code that requests a cancellation and then catches the resulting
  /// [CancelledError] calls this once.
  ///
  /// Source: `Task.uncancel`, as of Python 3.13.
  ///
  /// @return the number of requests left
  public int uncancel() {
    loop.checkTurn();
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

  /// Withdraws the request of a scope in the body when the scope ends. Coroutine only.
  ///
  /// @param sentAs the result of [#cancelForScope]
  /// @return the number of requests left that are not held back
  int uncancel(@Nullable Interrupt sentAs) {
    loop.checkTurn();
    if (cancelRequests > 0 && --cancelRequests == 0) {
      withdraw();
    }
    if (sentAs != null && sentAs == interrupt && sentAs.removeRequest()) {
      withdraw();
    }
    return cancelRequests;
  }

  /// Makes the next await throw the cancellation again.
  void repeatRequest() {
    if (cancelRequests > 0 && --cancelRequests == 0) {
      withdraw();
    }
    request(null);
  }

  /// {@return this task's name; `Task-N` if none was given} Any thread.
  public String getName() {
    String given = name;
    if (given != null) {
      return given;
    }
    String made = "Task-" + NAMES.incrementAndGet();
    var earlier = (String) NAME.compareAndExchange(this, null, made); // a report may race with us
    return earlier == null ? made : earlier;
  }

  /// Renames this task and the thread of its body, so that thread dumps and debuggers show the new
  /// name.
  ///
  /// @param name the new name
  public void setName(String name) {
    loop.checkTurn();
    this.name = name;
    step.renameThread(name);
  }

  /// {@return the context this task runs in, or null if this task is done} A task that is done does
  /// not keep its context. To inspect the context afterwards, pass one to
  /// [TaskOptions#withContext].
  ///
  /// Source: `Task.get_context`, which also returns the context of a task that is done.
  public @Nullable Context getContext() {
    takeTurn();
    return context;
  }

  /// {@return the body, or null if this task is done} A task that is done does not keep its body.
  ///
  /// Source: `Task.get_coro`, which also returns the coroutine of a task that is done, without its
  /// frame.
  public @Nullable Coro<T> getCoro() {
    takeTurn();
    return body();
  }

  @SuppressWarnings("unchecked") // the constructor was given a body of type T
  private @Nullable Coro<T> body() {
    return work instanceof Coro<?> body ? (Coro<T>) body : null;
  }

  /// {@return the complete stack of the suspended body or of the failure, newest frame first; empty
  /// if this task has not started, has a result or was cancelled}
  ///
  /// Source: `Task.get_stack`, which returns only the outermost frame, and the oldest frame first.
  public StackTraceElement[] getStack() {
    takeTurn();
    return TaskStacks.of(this);
  }

  /// {@return at most `limit` frames of [#getStack()]: the newest of a body's stack, the oldest of
  /// a failure's}
  ///
  /// @param limit the maximum number of frames
  /// @throws IllegalArgumentException if it is negative
  public StackTraceElement[] getStack(int limit) {
    takeTurn();
    return TaskStacks.of(this, limit);
  }

  /// Prints [#getStack()] to the standard error stream.
  public void printStack() {
    printStack(Integer.MAX_VALUE, System.err);
  }

  /// Prints [#getStack(int)] under a heading that names the task.
  ///
  /// Source: `Task.print_stack`.
  ///
  /// @param limit the maximum number of frames
  /// @param out the stream to print to
  /// @throws IllegalArgumentException if the limit is negative
  public void printStack(int limit, PrintStream out) {
    takeTurn();
    TaskStacks.print(this, limit, out);
  }

  /// Always throws: only the body settles its task.
  ///
  /// @throws IllegalStateException always
  @Override
  public void setResult(T value) {
    loop.checkTurn();
    throw new IllegalStateException(
        "Task does not support setResult; return the result from the body");
  }

  /// Always throws: only the body settles its task.
  ///
  /// @throws IllegalStateException always
  @Override
  public void setException(Throwable cause) {
    loop.checkTurn();
    throw new IllegalStateException(
        "Task does not support setException; throw the exception in the body");
  }

  TaskStep step() {
    return step;
  }

  /// Returns the name for the body's thread: the task's name, if it has one yet.
  String threadName() {
    return name != null ? name : loop.isDebug() ? getName() : "";
  }

  /// Prevents the loop from reporting this task if it is still pending when the loop closes.
  void doNotReportDestruction() {
    quiet = true;
  }

  boolean reportsDestruction() {
    return !quiet;
  }

  /// Ends the body of a task whose loop is closing: each await throws, so its `finally` blocks run.
  /// A body that has not started never does.
  void unwind() {
    if (isDone()) {
      return; // another task's unwinding has ended this one
    }
    if (step.isAway()) {
      noteInterrupt();
      step.interrupt();
    } else {
      step(new CancelledError("Event loop is closed"));
    }
  }

  boolean isAway() {
    return step.isAway();
  }

  private static String workText(Object work) {
    return work instanceof Class<?> type ? Repr.typeName(type) : Repr.function(work);
  }

  private String state() {
    return outstanding() > 0 && !isSettled() ? "cancelling" : stateText();
  }

  @Override
  String summary() {
    String state = isSettled() ? "finished" : outstanding() > 0 ? "cancelling" : "pending";
    return "<Task " + state + " name='" + getName() + "'>";
  }

  /// {@return a description: the state, the name, the body, the future that it waits for, and the
  /// rest of a future's description}
  @Override
  public String toString() {
    Object seenWork = work; // any thread may ask
    LoopFuture<?> seenWaiter = waiter;
    return "<Task "
        + state()
        + " name='"
        + getName()
        + "'"
        + (seenWork == null ? "" : " coro=<" + workText(seenWork) + ">")
        + (seenWaiter == null ? "" : " wait_for=" + seenWaiter.summary())
        + detailText()
        + ">";
  }
}
