package io.loop.scope;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.DelegatingBody;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Lets a task started by [TaskGroup#start] report that it is ready.
///
/// Loop thread and coroutines of the loop only.
///
/// No asyncio equivalent. Source: `trio.TaskStatus`.
///
/// @param <V> the type of the reported value
public final class TaskStatus<V extends @Nullable Object> {

  /*
   * `ready` is the whole state:
   *
   *   pending --started----------------------> the value: the task belongs to the group
   *           --the task ends----------------> its failure, or that it did not report
   *           --the caller is cancelled------> cancelled: the task is cancelled and awaited
   *
   * The event that settles it decides where a failure of the task goes: to the caller if the end of
   * the task settled it, otherwise to the group.
   */

  /// The body of a task that reports when it is ready.
  ///
  /// @param <V> the type of the reported value
  @FunctionalInterface
  public interface Body<V extends @Nullable Object> {

    /// Runs the body. Suspends wherever it awaits.
    ///
    /// @param status the object to report with
    /// @throws Exception whatever the body throws
    void run(TaskStatus<V> status) throws Exception;
  }

  private record Reporting<V extends @Nullable Object>(Body<V> body, TaskStatus<V> status)
      implements DelegatingBody<@Nullable Void> {
    @Override
    public @Nullable Void run() throws Exception {
      body.run(status);
      return null;
    }

    @Override
    public Object delegate() {
      return body;
    }
  }

  private final LoopFuture<V> ready;
  private boolean isStarted;
  private boolean isTaskCancelled; // before it was ready
  private @Nullable Throwable failure; // of the task, before it was ready

  TaskStatus(Loop loop) {
    this.ready = new LoopFuture<>(loop);
  }

  /// Reports that the task is ready: [TaskGroup#start] returns. Never suspends.
  ///
  /// Has no effect if the caller of `start` was cancelled meanwhile: the task is cancelled too.
  ///
  /// @param value the value that `start` returns
  /// @throws IllegalStateException if this was already called
  public void started(V value) {
    ready.getLoop().checkTurn();
    if (isStarted) {
      throw new IllegalStateException("started() has already been called");
    }
    isStarted = true;
    if (!ready.isDone()) {
      ready.setResult(value);
    }
  }

  /// {@return what the task runs}
  Coro<@Nullable Void> of(Body<V> body) {
    return new Reporting<>(Objects.requireNonNull(body, "body"), this);
  }

  /// Waits in the calling coroutine until the task is ready.
  ///
  /// @param task the task
  /// @param lateFailure receives a failure of the task that would otherwise be lost
  V await(Task<?> task, Consumer<Throwable> lateFailure) {
    try {
      return ready.await();
    } catch (CancelledError cancelled) {
      if (isTaskCancelled) {
        Object _ = task.result(); // throws the error that the task ended with
      } else if (ready.isCancelled()) {
        end(task);
      } else if (failure != null) { // and the caller was cancelled before it resumed
        lateFailure.accept(failure);
      }
      throw cancelled;
    }
  }

  private static void end(Task<?> task) {
    if (!task.isDone()) {
      task.cancel();
    }
    while (!task.isDone()) {
      try {
        task.await();
      } catch (CancelledError again) {
        // passed on to the task, which is awaited without a limit
      } catch (Throwable fault) {
        if (!task.isDone()) {
          throw fault; // the loop is closing; else the group has the failure
        }
      }
    }
  }

  /// Called when the task has finished.
  ///
  /// @return whether its outcome goes to the caller, which still waits
  boolean ended(LoopFuture<?> task) {
    if (ready.isDone()) {
      return false;
    }
    if (task.isCancelled()) {
      isTaskCancelled = true;
      boolean _ = ready.cancel();
      return true;
    }
    Throwable fault = task.exception();
    failure =
        fault != null
            ? fault
            : new IllegalStateException(
                "the task finished without calling started(); call it when it is ready: " + task);
    ready.setException(failure);
    return true;
  }

  @Override
  public String toString() {
    return "<TaskStatus " + (isStarted ? "started>" : "pending>");
  }
}
