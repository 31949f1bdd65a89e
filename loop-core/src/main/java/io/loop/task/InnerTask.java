package io.loop.task;

import io.loop.event.Context;
import io.loop.event.Loop;
import org.jspecify.annotations.Nullable;

/// A task that another one drives: its body goes on inside the other's steps. What generators are
/// made of; programs use those.
///
/// Loop thread and coroutines of one loop only. The body is a task of its own in all else: it has a
/// stack, can be cancelled, and is in the list of tasks.
public final class InnerTask {

  /*
   *   not started --go()--> running --pause()--> paused --go()--> running --> done
   *
   * `gate` is what a paused body waits for. go() opens it and runs the body's step as an errand of the
   * caller, like an eager start: no tick passes, and nothing else runs. A body that somebody has
   * cancelled in its pause is in the ready queue already, and goes on from there.
   *
   * The body starts in the context of the task that drives it, and shares it. Both are never on the
   * loop at once, but for the errand, where that context is entered already. A caller that is inside
   * Context.run is in another one: then the gate is opened as for anybody else, and the body goes on
   * in the next tick.
   *
   * A body may drive another one. Each step inside another takes a part of the stack of the loop's
   * thread, so a long chain is cut: there, too, the body goes on in the next tick, and what waits for
   * it has left that stack.
   */

  private final Coro<?> body;
  private @Nullable Task<?> task;
  private @Nullable LoopFuture<@Nullable Void> gate;

  /// Makes one that has not started.
  ///
  /// @param body what to run
  public InnerTask(Coro.Action body) {
    this.body = Coro.of(body);
  }

  /// {@return the task, or null if it has not started}
  public @Nullable Task<?> task() {
    return task;
  }

  /// Starts the body, or lets it go on where it paused, and returns when it stops: at its end, in a
  /// pause, or at anything else it awaits. Does nothing if it is in none of the first two
  /// situations. Coroutine only; never suspends, as the loop sees it, unless many bodies drive each
  /// other: then it may suspend for one tick before the first step, or leave the next one to the
  /// ready queue.
  ///
  /// @throws CancelledError if the caller was cancelled before the first step
  /// @throws IllegalStateException if the caller is no coroutine, or one of another loop
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

  /// Cancels a body that is paused, and lets it go on until it stops, as [#go] does; cancels it as
  /// any other task if it is somewhere else. Coroutine only; never suspends, as the loop sees it.
  /// Where many bodies drive each other, the body goes on in the next tick.
  ///
  /// @param message what the [CancelledError] says
  public void cancel(String message) {
    TaskStep driver = driver();
    Task<?> started = task;
    if (started == null) {
      return;
    }
    boolean isPaused = gate != null && !gate.isDone();
    if (openGate(started.step(), message)) {
      driver.callInside(started.step());
    } else if (!isPaused) { // else its gate was cancelled, which counts as no request
      boolean _ = started.cancel(message);
    }
  }

  private TaskStep driver() {
    Loop here = Loop.running();
    Task<?> started = task;
    if (started != null && started.loop != here) {
      throw new IllegalStateException("the body belongs to another loop than its caller");
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

  /// Takes the body off its gate.
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

  /// Stops the body until somebody calls [#go]. In the body only; suspends, and is a cancellation
  /// point.
  ///
  /// @throws CancelledError if it was cancelled in the pause
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
