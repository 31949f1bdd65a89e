package io.loop.task;

import io.loop.coroutine.Coroutine;
import io.loop.event.Context;
import io.loop.event.ContextPropagator;
import io.loop.event.Guest;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.event.OwnCallback;
import org.jspecify.annotations.Nullable;

/// What drives a task's coroutine: the one handle that all its steps and wake-ups reuse.
final class TaskStep extends Handle implements Guest, Coroutine.Owner {

  /*
   * A task has at most one step or wake-up in the ready queue (see Task), so one handle does for
   * all of them, and the loop runs it in the task's context.
   *
   * The coroutine is made at the first step. A body that is cancelled before it costs no thread.
   *
   * `thrown` goes in: what the next await in the body throws. `awaited` comes out: what the body
   * suspended on, or null if on nothing. Each is written by one side and taken by the other while
   * the writer is stopped. `inner` is the context that a body which stopped inside Context.run goes
   * on in.
   */

  /// Made, and its class loaded, before memory is short.
  private static final Failure NO_MEMORY = Failure.OUT_OF_MEMORY;

  /// How often a body that is unwound may try to await before it is left where it is.
  private static final int MAX_REFUSALS = 1_000;

  /// How many steps of inner tasks run inside each other at most. On a stack of 1 MiB there is room
  /// for several hundred, interpreted.
  private static final int MAX_INSIDE = 32;

  private final Task<?> task;
  private final LoopTasks tasks;
  private @Nullable Coroutine coroutine;
  private @Nullable Throwable thrown;
  private @Nullable LoopFuture<?> awaited;
  private @Nullable Context inner;
  private int refusals;

  TaskStep(Task<?> task, LoopTasks tasks, Context context) {
    super(task.loop, context, false);
    this.task = task;
    this.tasks = tasks;
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
          "await outside a coroutine: only the body of a task may wait"
              + (here == loop ? "; start one with createTask, or add a done callback" : ""));
    }
    return task.step();
  }

  /// Puts this into the ready queue.
  void wake() {
    schedule();
  }

  @Override
  protected void run() {
    task.continueOrWake();
  }

  @Override
  protected String describe() {
    return task.toString();
  }

  /// {@return whether the caller, a coroutine of the loop, has another context than this step's}
  boolean isInOtherContext() {
    return innerContext() != null;
  }

  /// {@return whether [#runInside] can be called in the current step}
  boolean canEnter() {
    return !isInOtherContext() || !getContext().isEntered();
  }

  /// {@return whether so many steps run inside each other that the next should not: each takes a
  /// part of the stack of the loop's thread}
  boolean isDeepInside() {
    return tasks.innerDepth() >= MAX_INSIDE;
  }

  /// Has the loop's thread run the first or next step of an inner task, inside this one. Coroutine
  /// only.
  void callInside(TaskStep inner) {
    @Nullable Void _ =
        coroutine()
            .callOutside(() -> {
              tasks.runInside(inner);
              return null;
            });
  }

  /// Runs the first or next step inside that of another task, whose errand this is.
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
  void advance(@Nullable Throwable throwing) {
    thrown = throwing;
    if (coroutine == null) {
      if (throwing != null) {
        task.finish(null, throwing);
        return;
      }
      if (MemoryReserve.isUsed()) {
        task.finish(null, NO_MEMORY.cause()); // what is there must end first
        return;
      }
      try {
        coroutine = tasks.coroutines().create(task::runBody, this, task.threadName());
      } catch (Throwable refused) {
        MemoryReserve.useAfter(refused);
        task.finish(null, refused); // no thread, no body: whoever awaits the task is told
        return;
      }
    }
    resume(coroutine);
  }

  /// Runs the first step now, inside the call that makes the task.
  void runFirst() {
    runInContext(() -> advance(null));
  }

  /// Gives the body's thread the values of other libraries that the task began with.
  ContextPropagator.@Nullable Scope restoreThreadLocals() {
    return restoreCarried();
  }

  /// The task is done: whoever keeps it keeps nothing else alive.
  void letGo() {
    thrown = null;
    awaited = null;
    inner = null;
    dropContext();
  }

  private void resume(Coroutine mounting) {
    Task<?> outer = tasks.swapCurrent(task);
    Guest outerGuest = task.loop.enter(this);
    Coroutine.Stop stop;
    try {
      if (inner != null) {
        goInside(inner);
      }
      stop = mounting.resume();
      inner = innerContext();
    } finally {
      task.loop.enter(outerGuest);
      tasks.swapCurrent(outer);
    }
    switch (stop) {
      case SUSPENDED -> task.suspendedOn(takeAwaited());
      case DONE -> {
        coroutine = null; // it may be another task's by now
        task.finish();
      }
      case BLOCKED -> {
        if (mounting.waitsForHost()) {
          Handle _ = task.loop.callSoon((OwnCallback) this::continueIfAway, getContext());
        } // else it comes back by itself
      }
    }
  }

  private @Nullable LoopFuture<?> takeAwaited() {
    LoopFuture<?> future = awaited;
    awaited = null;
    return future;
  }

  /// Lets everything else that is ready run. Coroutine only; suspends unless there is nothing.
  void giveWay() {
    if (task.mustCancel() || !skipTick()) {
      awaitOn(null);
    }
  }

  /// Suspends the body until a future is settled, or for one tick if it is null. Coroutine only.
  void awaitOn(@Nullable LoopFuture<?> future) {
    if (tasks.isClosing() && refusals < MAX_REFUSALS) {
      task.endInterrupt();
      refuse();
    }
    Coroutine mounted = coroutine();
    awaited = future;
    mounted.suspend();
    task.endInterrupt();
    Throwable throwing = thrown;
    if (throwing != null) {
      thrown = null;
      AwaitSite.addTo(throwing, task);
      throw Throwing.rethrow(throwing);
    }
  }

  /// The loop is closing. A body that takes every cancellation as a reason to try again, as a
  /// condition's wait must, gets another error in the end.
  private void refuse() {
    refusals++;
    if (refusals < MAX_REFUSALS / 2) {
      throw new CancelledError("Event loop is closed");
    }
    throw new IllegalStateException("Event loop is closed");
  }

  /// Notes in a failure that the caller has awaited it, if it is a coroutine of the loop.
  static void noteAwait(Loop loop, Throwable failure) {
    Task<?> task = LoopTasks.of(loop).current();
    if (task != null && task.step().isCurrentThread()) {
      AwaitSite.addTo(failure, task);
    }
  }

  /// Names the thread of a body that has begun; one that begins later gets the task's name.
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
  /// old.
  @Nullable Thread thread() {
    Coroutine started = coroutine;
    return started == null ? null : started.thread();
  }

  boolean hasStarted() {
    return coroutine != null;
  }

  boolean isAway() {
    return coroutine != null && coroutine.isAway();
  }

  void interrupt() {
    coroutine().thread().interrupt();
  }

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
      // it has closed meanwhile, and the body goes on without it: see Owner#isClosed
    }
  }

  @Override
  public boolean isHostFree() {
    return task.loop.isHostFree();
  }

  @Override
  public boolean isHeldUp() {
    return task.loop.isHeldUp();
  }

  @Override
  public void beginRescue() {
    task.loop.beginRescue();
  }

  @Override
  public void endRescue() {
    task.loop.endRescue();
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
    Coroutine seen = coroutine; // any thread asks, and the body may end meanwhile
    return seen != null && seen.isCurrentThread();
  }

  @Override
  public void rejoin() {
    coroutine().rejoin();
  }
}
