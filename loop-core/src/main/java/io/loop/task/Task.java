package io.loop.task;

import io.loop.context.Context;
import io.loop.coroutine.Coroutine;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
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
   * This is the public face. TaskState has the state and all its transitions, TaskStep mounts the
   * body and does what the state says is next; the two are one object. Stacks, descriptions and the
   * list of pending tasks are in other classes.
   *
   * A task that is done may be kept for its result. It releases everything else: the step its
   * context, and this the body, of which `work` then keeps only the class, for descriptions.
   */

  private static final AtomicLong NAMES = new AtomicLong();
  private static final VarHandle NAME =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "name", VarHandle.class, Task.class, String.class);

  private @Nullable Object work; // the Coro, later its class; null if done after an eager start
  private final TaskStep step;

  private @Nullable String name;
  private PendingTasks.@Nullable Entry entry;

  private Task(Loop loop, Coro<T> body, TaskOptions options) {
    super(loop);
    this.work = Objects.requireNonNull(body, "body");
    this.name = options.name();
    Context given = options.context() != null ? options.context() : Context.copyCurrent();
    this.step = new TaskStep(this, LoopTasks.of(loop), given);
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
    loop.checkTurn();
    TaskFactory factory = LoopTasks.of(loop).factory();
    if (factory == null) {
      return of(loop, body, options);
    }
    Task<T> made = factory.create(loop, body, options);
    Turns.take(); // the factory may have blocked
    return made;
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
    loop.checkTurn();
    var task = new Task<>(loop, body, options);
    task.start(Boolean.TRUE.equals(options.eagerStart()) && loop.isRunning());
    return task;
  }

  /// Returns a task that is not scheduled; the caller runs its first step.
  static <T extends @Nullable Object> Task<T> inner(Loop loop, Coro<T> body, TaskOptions options) {
    var task = new Task<>(loop, body, options);
    task.entry = task.step.tasks().add(task);
    return task;
  }

  private void start(boolean eagerly) {
    if (!eagerly) {
      step.wake();
      entry = step.tasks().add(this);
      return;
    }
    entry = step.tasks().add(this);
    try {
      step.startEagerly();
    } catch (IllegalStateException refused) {
      leave();
      throw refused;
    }
    if (isSettled()) {
      work = null;
    }
  }

  /// Removes this from the list of pending tasks, if it is there.
  private void leave() {
    PendingTasks.Entry left = entry;
    if (left != null) {
      entry = null;
      step.tasks().remove(left);
    }
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

  /// {@return whether bodies run on the portable carrier: their threads and the loop's thread wait
  /// for each other, instead of the loop scheduling them} Any thread; the same for the whole JVM.
  ///
  /// The portable carrier needs no JVM flag, but each step is many times slower. After a blocking
  /// JDK call a body continues on its own until it uses the loop. The system property
  /// `io.loop.carrier` selects the carrier: `loop` or `portable`.
  public static boolean isPortable() {
    return Coroutine.isPortable();
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

  /// Settles this task with what its step has recorded.
  void finish() {
    leave();
    try {
      settle(step.fault());
    } finally {
      if (work != null) {
        work = Repr.typeOf(work);
      }
      step.letGo();
    }
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // the result is what the body of type T returned
  private void settle(@Nullable Throwable fault) {
    if (fault == null) {
      if (step.takeUndelivered()) {
        cancelWith(step.cancelMessage(), null);
      } else {
        settleWith((T) step.result());
      }
    } else if (fault instanceof CancelledError cancelled) {
      cancelWith(null, cancelled);
    } else {
      failWith(fault);
      if (fault instanceof KeyboardInterrupt || fault instanceof SystemExit) {
        throw (Error) fault;
      }
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
    step.follow(step.request(null, message));
    return true;
  }

  @Override
  @Nullable String declinedMessage() {
    return step.cancelMessage();
  }

  /// {@return the number of outstanding cancellation requests}
  ///
  /// Source: `Task.cancelling`.
  public int cancelling() {
    takeTurn();
    return step.outstanding();
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
    return step.withdrawOne();
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
    return isSettled() ? null : step.getContext();
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
  @Nullable Coro<T> body() {
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

  /// {@return the body, its class if this is done, or null; any thread}
  @Nullable Object work() {
    return work;
  }

  /// Returns the name for the body's thread: the task's name, if it has one yet.
  String threadName() {
    return name != null ? name : loop.isDebug() ? getName() : "";
  }

  /// Ends the body of a task whose loop is closing, unless the unwinding of another task has ended
  /// it.
  void unwind() {
    if (!isSettled()) {
      step.follow(step.unwind());
    }
  }

  /// {@return a description: the state, the name, the body, the future that it waits for, and the
  /// rest of a future's description}
  @Override
  public String toString() {
    return FutureText.describe(this);
  }
}
