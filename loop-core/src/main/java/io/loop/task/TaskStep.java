package io.loop.task;

import io.loop.base.Throwing;
import io.loop.context.Context;
import io.loop.coroutine.Coroutine;
import io.loop.event.Guest;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.OwnCallback;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Mounts a task's coroutine, and does what the task's state says is next. All steps and wake-ups
/// of a task reuse this one handle.
final class TaskStep extends TaskState implements Guest, Coroutine.Owner {

  /*
   * A task has at most one step or wake-up in the ready queue (see TaskState), so one handle
   * suffices for all of them. The loop runs it in the task's context.
   *
   * The coroutine is created at the first step. A body that is cancelled before that costs no
   * thread.
   *
   * `awaited` is the future that the body suspended on, or null if none. The body writes it before
   * it stops, and the loop reads it afterwards. `inner` is the context in which a body that stopped
   * inside Context.run resumes.
   */

  /// Created, and its class loaded, before memory runs out.
  private static final Failure NO_MEMORY = Failure.OUT_OF_MEMORY;

  /// How often a body that is being unwound may try to await before it is abandoned.
  private static final int MAX_REFUSALS = 1_000;

  /// The maximum nesting depth of the steps of inner tasks. A stack of 1 MiB has room for several
  /// hundred in interpreted code.
  private static final int MAX_INSIDE = 32;

  private final LoopTasks tasks;
  private @Nullable Coroutine coroutine;
  private @Nullable LoopFuture<?> awaited;
  private @Nullable Context inner;
  private short refusals;
  private boolean quiet;

  TaskStep(Task<?> task, LoopTasks tasks, Context context) {
    super(task, context);
    this.tasks = tasks;
  }

  LoopTasks tasks() {
    return tasks;
  }

  /// Prevents the loop from reporting the task if it is still pending when the loop closes.
  void doNotReportDestruction() {
    quiet = true;
  }

  boolean reportsDestruction() {
    return !quiet;
  }

  /// {@return the step of the coroutine that calls this}
  ///
  /// @throws IllegalStateException if the caller is not a coroutine of the loop
  static TaskStep current(Loop loop) {
    Task<?> expected = LoopTasks.of(loop).current();
    if (expected != null && expected.step().isCurrentThread()) {
      return expected.step();
    }
    Loop here = Loop.runningOrNull();
    Task<?> task = here == null ? null : LoopTasks.of(here).current();
    if (task == null || !task.step().isCurrentThread()) {
      throw new IllegalStateException(
          "await outside a coroutine: only the body of a task may await"
              + (here == loop ? "; start one with createTask, or add a done callback" : ""));
    }
    return task.step();
  }

  /// Puts this into the ready queue.
  void wake() {
    schedule();
  }

  /// Starts the task inside the call that creates it, if that is possible.
  ///
  /// @throws IllegalStateException if the caller cannot be suspended here
  void startEagerly() {
    Task<?> creator = tasks.current();
    if (creator != null && creator.step().isCurrentThread()) {
      @Nullable Void _ = creator.step().coroutine().callOutside(this::runFirst);
    } else if (task.loop.isAttached()) {
      schedule(); // the executor's thread may hold monitors here: see decision D27
    } else {
      @Nullable Void _ = tasks.entered().callOnCarrier(this::runFirst);
    }
  }

  private @Nullable Void runFirst() {
    runInContext(this::run);
    return null;
  }

  @Override
  protected void run() {
    follow(wakeUp());
  }

  /// Does what a transition of the state asks for.
  void follow(Next next) {
    switch (next) {
      case RUN -> mount();
      case SCHEDULE -> schedule();
      case INTERRUPT -> coroutine().thread().interrupt();
      case WAIT -> {}
      case FINISH -> task.finish();
    }
  }

  @Override
  protected String describe() {
    return task.toString();
  }

  /// {@return whether the caller, a coroutine of the loop, runs in a context other than this
  /// step's}
  boolean isInOtherContext() {
    return innerContext() != null;
  }

  /// {@return whether [#runInside] can be called in the current step}
  boolean canEnter() {
    return !isInOtherContext() || !getContext().isEntered();
  }

  /// {@return whether steps are nested too deeply to nest another: each uses some of the stack of
  /// the loop's thread}
  boolean isDeepInside() {
    return tasks.innerDepth() >= MAX_INSIDE;
  }

  /// Makes the loop's thread run the next step of an inner task inside this one. Coroutine only.
  void callInside(TaskStep inner) {
    @Nullable Void _ =
        coroutine()
            .callOutside(() -> {
              tasks.runInside(inner);
              return null;
            });
  }

  /// Runs the next step inside the step of the outer task.
  void runInside() {
    Context own = getContext();
    if (isInOtherContext()) {
      own.run(this::run);
    } else {
      try {
        run();
      } finally {
        goInside(own); // the body may have stopped inside another one
      }
    }
  }

  /// Lets the body run until it stops again; loop thread, or a coroutine for an eager start.
  private void mount() {
    Coroutine mounting = coroutine;
    if (mounting != null) {
      resume(mounting);
      return;
    }
    if (MemoryReserve.isUsed()) {
      follow(failed(NO_MEMORY.cause())); // existing tasks must finish first
      return;
    }
    try {
      mounting = tasks.coroutines().create(this, task.threadName());
    } catch (Throwable refused) {
      MemoryReserve.useAfter(refused);
      follow(failed(refused)); // no thread for the body: fail the task
      return;
    }
    coroutine = mounting;
    resume(mounting);
  }

  @Override
  public void runBody() {
    try (var _ = restoreCarried()) {
      Object result = Objects.requireNonNull(task.body()).run();
      Turns.take(); // it may have blocked
      ended(result, null);
    } catch (Throwable thrown) {
      ended(null, translate(thrown));
    }
  }

  /// Releases everything, because the task is done: keeping the task keeps nothing else alive.
  void letGo() {
    awaited = null;
    inner = null;
    releaseState();
    dropContext();
  }

  private void resume(Coroutine mounting) {
    Task<?> outer = tasks.swapCurrent(task);
    Guest outerGuest = tasks.entered().enter(this);
    Coroutine.Stop stop;
    try {
      if (inner != null) {
        goInside(inner);
      }
      stop = mounting.resume();
      inner = innerContext();
    } finally {
      tasks.entered().enter(outerGuest);
      tasks.swapCurrent(outer);
    }
    switch (stop) {
      case SUSPENDED -> follow(suspendedOn(takeAwaited()));
      case DONE -> {
        coroutine = null; // it may be another task's by now
        task.finish();
      }
      case BLOCKED -> {
        if (mounting.waitsForHost()) {
          Handle _ = task.loop.callSoon((OwnCallback) this::continueIfAway, getContext());
        } // else it comes back on its own
      }
    }
  }

  private @Nullable LoopFuture<?> takeAwaited() {
    LoopFuture<?> future = awaited;
    awaited = null;
    return future;
  }

  /// Lets everything else that is ready run. Coroutine only; may return without suspending if
  /// nothing is ready.
  void giveWay() {
    if (mustCancel() || !skipTick()) {
      awaitOn(null);
    }
  }

  /// Suspends the body until a future is settled, or for one tick if it is null. Coroutine only.
  void awaitOn(@Nullable LoopFuture<?> future) {
    if (tasks.isClosing() && refusals < MAX_REFUSALS) {
      endInterrupt();
      refuse();
    }
    Coroutine mounted = coroutine();
    awaited = future;
    mounted.suspend();
    Throwable throwing = takeIncoming();
    if (throwing != null) {
      AwaitSite.addTo(throwing, task);
      throw Throwing.rethrow(throwing);
    }
  }

  /// Throws because the loop is closing. A body that retries after every cancellation, as a
  /// condition's wait must, eventually gets a different error.
  private void refuse() {
    refusals++;
    if (refusals < MAX_REFUSALS / 2) {
      throw new CancelledError("Event loop is closed");
    }
    throw new IllegalStateException("Event loop is closed");
  }

  /// Records in a failure that the caller has awaited it, if the caller is a coroutine of the loop.
  static void noteAwait(Loop loop, Throwable failure) {
    Task<?> task = LoopTasks.of(loop).current();
    if (task != null && task.step().isCurrentThread()) {
      AwaitSite.addTo(failure, task);
    }
  }

  /// Renames the thread of a body that has started; a later thread gets the task's name anyway.
  void renameThread(String name) {
    Coroutine begun = coroutine;
    if (begun != null) {
      begun.thread().setName(name);
    }
  }

  Coroutine coroutine() {
    Coroutine mounted = coroutine;
    if (mounted == null) {
      throw new IllegalStateException("the task has not started");
    }
    return mounted;
  }

  Task<?> task() {
    return task;
  }

  /// {@return the body's thread, or null if it has not started} Any thread, but the answer may be
  /// stale.
  @Nullable Thread thread() {
    Coroutine started = coroutine;
    return started == null ? null : started.thread();
  }

  @Override
  boolean hasStarted() {
    return coroutine != null;
  }

  @Override
  boolean isAway() {
    return coroutine != null && coroutine.isAway();
  }

  @Override
  boolean isInterrupted() {
    return coroutine().isInterrupted();
  }

  @Override
  public void comeBack() {
    if (task.loop.isClosed()) {
      return;
    }
    try {
      task.loop.callSoonThreadsafe((OwnCallback.Return) this::continueIfAway, getContext());
    } catch (IllegalStateException closed) {
      // it has closed meanwhile, and the body continues without it: see Owner#isClosed
    }
  }

  @Override
  public void freeMemory(OutOfMemoryError full) {
    MemoryReserve.useAfter(full);
  }

  @Override
  public boolean isHostFree() {
    return tasks.entered().isHostFree();
  }

  @Override
  public boolean isHeldUp() {
    return tasks.entered().isHeldUp();
  }

  @Override
  public void beginRescue() {
    tasks.entered().beginRescue();
  }

  @Override
  public void endRescue() {
    tasks.entered().endRescue();
  }

  @Override
  public boolean isClosed() {
    return task.loop.isClosed();
  }

  private void continueIfAway() {
    Coroutine blocked = coroutine;
    if (blocked != null && blocked.isAway() && !task.isDone()) {
      resume(blocked);
    }
  }

  @Override
  public Loop loop() {
    return task.loop;
  }

  @Override
  public boolean isCurrentThread() {
    Coroutine seen = coroutine; // any thread may ask, and the body may finish meanwhile
    return seen != null && seen.isCurrentThread();
  }

  @Override
  public void rejoin() {
    coroutine().rejoin();
  }
}
