package io.loop.task;

import io.loop.context.Context;
import io.loop.event.Loop;
import org.jspecify.annotations.Nullable;

/// A task that is driven by another task: its body runs inside the other's steps. A building block
/// for generators, which programs use instead.
///
/// Loop thread and coroutines of one loop only. In all other respects the body is a separate task:
/// it has its own stack, can be cancelled, and is in the list of tasks.
public final class InnerTask {

  /*
   *   not started --go()--> running --pause()--> paused --go()--> running --> done
   *
   * A paused body waits for `gate`. go() opens the gate and runs the body's step inside the caller,
   * like an eager start: no tick passes, and nothing else runs. A body that was cancelled while
   * paused is already in the ready queue, and resumes from there.
   *
   * The body starts in the context of the task that drives it, and shares it. The two never run at
   * the same time, except when the body runs inside the caller, where the context is already
   * entered. A caller inside Context.run has a different context: then the gate is only opened, and
   * the body resumes in the next tick.
   *
   * A body may drive another one. Each nested step uses some of the stack of the loop's thread, so
   * a long chain is cut: there, too, the body resumes in the next tick, when the tasks that wait
   * for it have left that stack.
   */

  private final Coro<?> body;
  private @Nullable Task<?> task;
  private @Nullable LoopFuture<@Nullable Void> gate;

  /// Creates an inner task that has not started.
  ///
  /// @param body what to run
  public InnerTask(Coro.Action body) {
    this.body = Coro.of(body);
  }

  /// {@return the task, or null if it has not started}
  public @Nullable Task<?> task() {
    Turns.take();
    return task;
  }

  /// Starts the body or resumes it from a pause, and returns when it stops: when it finishes,
  /// pauses or awaits anything else. Does nothing if the body has started and is not paused.
  /// Coroutine only; never suspends, as the loop sees it, unless many bodies drive each other. Then
  /// it may suspend for one tick before the first step, or leave the next step to the ready queue.
  ///
  /// @throws CancelledError if the caller was cancelled before the first step
  /// @throws IllegalStateException if the caller is not a coroutine of this loop
  public void go() {
    TaskStep driver = driver();
    Task<?> started = task;
    if (started == null) {
      if (driver.isDeepInside()) {
        driver.awaitOn(null);
      }
      start(driver);
    } else if (openGate(started.step(), null)) {
      driver.callInside(started.step());
    }
  }

  /// Cancels a body that is paused, and resumes it until it stops, like [#go]. A body that is not
  /// paused is cancelled like any other task. Coroutine only; never suspends, as the loop sees it.
  /// If many bodies drive each other, the body resumes in the next tick.
  ///
  /// @param message the message of the [CancelledError]
  public void cancel(String message) {
    TaskStep driver = driver();
    Task<?> started = task;
    if (started == null) {
      return;
    }
    boolean isPaused = gate != null && !gate.isDone();
    if (openGate(started.step(), message)) {
      driver.callInside(started.step());
    } else if (!isPaused) { // else its gate was cancelled, which does not count as a request
      boolean _ = started.cancel(message);
    }
  }

  private TaskStep driver() {
    Loop here = Loop.running();
    Task<?> started = task;
    if (started != null && started.loop != here) {
      throw new IllegalStateException("the body belongs to a different loop than its caller");
    }
    return TaskStep.current(here);
  }

  private void start(TaskStep driver) {
    Context own = driver.getContext();
    boolean isInOther = driver.isInOtherContext();
    var options = TaskOptions.DEFAULT.withContext(isInOther ? Context.copyCurrent() : own);
    Task<?> starting = Task.inner(driver.loop(), body, options);
    task = starting;
    driver.callInside(starting.step());
  }

  /// Opens the gate; returns whether to run the body's step now.
  private boolean openGate(TaskStep step, @Nullable String cancelMessage) {
    LoopFuture<@Nullable Void> closed = gate;
    if (closed == null || closed.isDone()) {
      return false;
    }
    if (!step.canEnter() || step.isDeepInside()) {
      open(closed, cancelMessage);
      return false;
    }
    boolean waited = closed.removeHandle(step);
    open(closed, cancelMessage);
    return waited;
  }

  private static void open(LoopFuture<@Nullable Void> closed, @Nullable String cancelMessage) {
    if (cancelMessage == null) {
      closed.setResult(null);
    } else {
      boolean _ = closed.cancel(cancelMessage);
    }
  }

  /// Pauses the body until [#go] is called. In the body only; suspends, and is a cancellation
  /// point.
  ///
  /// @throws CancelledError if the body was cancelled while paused
  public void pause() {
    var closed = new LoopFuture<@Nullable Void>();
    gate = closed;
    try {
      closed.await();
    } finally {
      gate = null;
    }
  }
}
