package io.loop.task;

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

/// A future that runs a coroutine: it is settled when the body ends.
///
/// Loop thread and coroutines of the loop only, as [LoopFuture]. The loop holds a task until it is
/// done. Cancelling is a request: the body gets a [CancelledError] at the await it sits in, or at
/// its next one, and may decline it.
///
/// Source: `asyncio.Task`, Python 3.15. A task whose body sits in a blocking JDK call is
/// interrupted when it is cancelled.
///
/// @param <T> the type of the result
public final class Task<T extends @Nullable Object> extends LoopFuture<T> {

  /*
   * A task that is not done is in exactly one of these situations:
   *
   *   waiting     `waiter` is a future that is not done and holds our step as a callback
   *   scheduled   our step is in the ready queue; `waiter` is null, or done
   *   running     the body is on the loop; `waiter` is null
   *   blocked     the body is in a blocking JDK call: running, as far as asyncio can tell
   *
   * cancel() reaches a waiting task through its waiter at once. In the other situations it leaves
   * `mustCancel`, which the next step turns into a CancelledError, or which cancels the future the
   * body suspends on next. `waiter` is kept after such a cancel: it may be a task that declines, and
   * may have to be cancelled again.
   *
   * A blocked body is interrupted, too. `interrupt` says so until the body's thread, with its turn,
   * ends it and takes the flag off:
   *
   *   null --cancel() finds the body blocked--> out --the body goes on after an await---------> null
   *                                              |----an exception of it leaves body or scope-> null
   *                                              `----the last of its requests is taken back--> null
   *
   * While `shielding` is set, what comes from outside goes there, and `cancelRequests` counts only
   * what is to reach the body before that ends.
   *
   * A scope takes back its own request alone, whatever the count says: the body may be cleaning up
   * after an earlier one. A body that has its turn is not blocked, so no interrupt comes late.
   *
   * The file is long because every method carries its contract, and because starting, stepping,
   * cancelling and ending move the same few fields; stacks, descriptions and the list of pending
   * tasks are apart.
   *
   * `incoming` is set only between scheduling a step that throws and running it.
   * `bodyResult` and `bodyFault` carry the body's end from its stack to finish().
   *
   * A task that is done may be kept for its result. It lets go of all else: the body, of which
   * `work` then says the class alone, for descriptions, and the context.
   */

  private static final AtomicLong NAMES = new AtomicLong();
  private static final VarHandle NAME =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "name", VarHandle.class, Task.class, String.class);

  private @Nullable Object work; // the Coro, later its class; null if an eager start ended it
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

  /// {@return a new task that runs a body on a loop, made by the loop's task factory if it has one}
  ///
  /// Without a factory it runs from the next tick on.
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

  /// {@return a new task that runs a body on a loop, whatever the loop's task factory} For
  /// factories; everybody else calls [#create].
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

  /// A task that is not scheduled: whoever makes it runs its first step.
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

  /// Takes this off the list of pending tasks, if it is there.
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

  /// {@return the task the caller runs in, or null in a callback}
  ///
  /// Source: `asyncio.current_task`.
  ///
  /// @throws IllegalStateException if no loop is running here
  public static @Nullable Task<?> current() {
    return LoopTasks.of(Loop.running()).current();
  }

  /// {@return the tasks of the running loop that are not done, in the order they were made}
  ///
  /// Source: `asyncio.all_tasks`.
  ///
  /// @throws IllegalStateException if no loop is running here
  public static List<Task<?>> all() {
    return all(Loop.running());
  }

  /// {@return the tasks of a loop that are not done, in the order they were made} Any thread.
  ///
  /// For other threads than the loop's: a task that is pending all through the call is in the list,
  /// one that starts or ends meanwhile may be. The tasks themselves belong to the loop: what else
  /// there is to ask them is for its thread.
  ///
  /// @param loop the loop
  public static List<Task<?>> all(Loop loop) {
    return LoopTasks.all(loop);
  }

  /// {@return whether the next await throws a cancellation}
  boolean mustCancel() {
    return mustCancel;
  }

  /// Runs what was scheduled: the first or next step, or a wake-up by the waiter.
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

  /// What a fault means that comes out of this task's body, or of a scope in it: if the body was
  /// interrupted because the task was cancelled, what comes of the interruption is that
  /// cancellation. Coroutine only.
  Throwable translate(Throwable fault) {
    takeTurn(); // until then the loop may interrupt it
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
    } else if (interrupt != null) { // somebody else withdraws: the flag stays until the next await
      interrupt = interrupt.withoutRequests();
    }
  }

  /// A cancellation has reached the body, or there is none any more. If it was sent as an interrupt
  /// too, that must not hit what the body does next. Coroutine only.
  void endInterrupt() {
    Interrupt ending = interrupt;
    if (ending != null) {
      interrupt = null;
      ending.takeOff();
    }
  }

  /// The body suspended: on a future, or on nothing for one tick.
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
      } catch (OutOfMemoryError full) { // the future would not wake the body
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

  /// The body ended.
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
  /// @param message what the [CancelledError] says; null for nothing
  /// @return false if this task is done already; true promises nothing, the body may decline
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
      step.interrupt(); // last: the body may go on at once
    }
  }

  private void noteInterrupt() {
    if (interrupt == null) {
      interrupt = new Interrupt(!step.isInterrupted(), mustCancel ? 1 : 0);
    }
  }

  /// Requests cancellation on behalf of a scope of the body.
  ///
  /// @param level what [#shielding] was when the scope was entered
  /// @return what [#uncancel(Interrupt)] wants to know
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

  /// {@return the stretch of the body that cancellations from outside wait for, or null}
  @Nullable Shielding shielding() {
    return shielding;
  }

  /// From now on cancellations from outside are held back. Coroutine only.
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

  /// Ends what [#beginShielding] began last. Coroutine only.
  ///
  /// @param fault what leaves the shielded stretch
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

  /// This task waits for one that waits for this one: nothing will ever wake either. The
  /// cancellation has come round, and does.
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

  /// {@return how many requests for cancellation are outstanding}
  ///
  /// Source: `Task.cancelling`.
  public int cancelling() {
    takeTurn();
    return outstanding();
  }

  private int outstanding() {
    return shielding == null ? cancelRequests : cancelRequests + Shielding.count(shielding);
  }

  /// {@return how many requests the scopes of the body have to reckon with: those that are not held
  /// back}
  int requests() {
    return cancelRequests;
  }

  /// Takes back one request for cancellation; with the last one, also a request that has not
  /// reached the body yet. Whoever cancels on purpose and absorbs the [CancelledError] calls this
  /// once.
  ///
  /// Source: `Task.uncancel`, as of Python 3.13.
  ///
  /// @return how many requests are left
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

  /// Takes back the request of a scope of the body, which ends. Coroutine only.
  ///
  /// @param sentAs what [#cancelForScope] returned
  /// @return how many requests are left that are not held back
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

  /// Makes the next await throw what the body was asked for before.
  void repeatRequest() {
    if (cancelRequests > 0 && --cancelRequests == 0) {
      withdraw();
    }
    request(null);
  }

  /// {@return this task's name; `Task-N` if it was given none} Any thread.
  public String getName() {
    String given = name;
    if (given != null) {
      return given;
    }
    String made = "Task-" + NAMES.incrementAndGet();
    var earlier = (String) NAME.compareAndExchange(this, null, made); // a report may ask as well
    return earlier == null ? made : earlier;
  }

  /// Renames this task, and the thread of its body, so that thread dumps and debuggers show the new
  /// name.
  ///
  /// @param name the new name
  public void setName(String name) {
    loop.checkTurn();
    this.name = name;
    step.renameThread(name);
  }

  /// {@return the context this task runs in, or null if this task is done} A task that is kept for
  /// its result keeps no context. Who wants to look at the context afterwards gives the task one,
  /// with [TaskOptions#withContext].
  ///
  /// Source: `Task.get_context`, which also gives that of a task that is done.
  public @Nullable Context getContext() {
    takeTurn();
    return context;
  }

  /// {@return the body, or null if this task is done} A task that is kept for its result does not
  /// keep what the body refers to.
  ///
  /// Source: `Task.get_coro`, which also gives the coroutine of a task that is done, without its
  /// frame.
  public @Nullable Coro<T> getCoro() {
    takeTurn();
    return body();
  }

  @SuppressWarnings("unchecked") // the constructor was given a body of type T
  private @Nullable Coro<T> body() {
    return work instanceof Coro<?> body ? (Coro<T>) body : null;
  }

  /// {@return the whole stack of the suspended body, newest frame first, or that of the failure;
  /// empty if this task has not started, has a result or was cancelled}
  ///
  /// Source: `Task.get_stack`, which gives the outermost frame only, and the oldest first.
  public StackTraceElement[] getStack() {
    takeTurn();
    return TaskStacks.of(this);
  }

  /// {@return so many frames of [#getStack()] at most: the newest of a stack, the oldest of a
  /// failure's}
  ///
  /// @param limit how many
  /// @throws IllegalArgumentException if it is negative
  public StackTraceElement[] getStack(int limit) {
    takeTurn();
    return TaskStacks.of(this, limit);
  }

  /// Prints [#getStack()] to the standard error stream.
  public void printStack() {
    printStack(Integer.MAX_VALUE, System.err);
  }

  /// Prints [#getStack(int)] under a heading that says whose it is.
  ///
  /// Source: `Task.print_stack`.
  ///
  /// @param limit how many frames at most
  /// @param out where to
  /// @throws IllegalArgumentException if the limit is negative
  public void printStack(int limit, PrintStream out) {
    takeTurn();
    TaskStacks.print(this, limit, out);
  }

  /// Refused: only the body settles its task.
  ///
  /// @throws IllegalStateException always
  @Override
  public void setResult(T value) {
    loop.checkTurn();
    throw new IllegalStateException("Task does not support setResult; return it from the body");
  }

  /// Refused: only the body settles its task.
  ///
  /// @throws IllegalStateException always
  @Override
  public void setException(Throwable cause) {
    loop.checkTurn();
    throw new IllegalStateException("Task does not support setException; throw it in the body");
  }

  TaskStep step() {
    return step;
  }

  /// The name of the body's thread: the task's own, if it has one by now.
  String threadName() {
    return name != null ? name : loop.isDebug() ? getName() : "";
  }

  /// Keeps the loop from reporting this task if it is still pending at the end.
  void doNotReportDestruction() {
    quiet = true;
  }

  boolean reportsDestruction() {
    return !quiet;
  }

  /// Ends the body of a task whose loop is closing: each await throws, so its `finally` blocks run.
  /// One that has not started never will.
  void unwind() {
    if (isDone()) {
      return; // the end of another one has ended it
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

  /// {@return a description: the state, the name, what runs, what it waits for, and what a future's
  /// description says besides}
  @Override
  public String toString() {
    return "<Task "
        + state()
        + " name='"
        + getName()
        + "'"
        + (work == null ? "" : " coro=<" + workText(work) + ">")
        + (waiter == null ? "" : " wait_for=" + waiter.summary())
        + detailText()
        + ">";
  }
}
