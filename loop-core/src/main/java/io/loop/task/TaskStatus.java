package io.loop.task;

import io.loop.event.Loop;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// What a task that [TaskGroup#start] starts reports with that it is ready.
///
/// Loop thread and coroutines of the loop only.
///
/// No asyncio equivalent. Source: `trio.TaskStatus`.
///
/// @param <V> the type of the value it reports
public final class TaskStatus<V extends @Nullable Object> {

  /*
   * `ready` is the whole state:
   *
   *   pending --started----------------------> the value: the task is the group's
   *           --the task ends----------------> its failure, or that it did not report
   *           --the caller is cancelled------> cancelled: the task is cancelled, and waited for
   *
   * Whoever settles it first decides where a failure of the task goes: to the caller only if the
   * task's end settled it, else to the group.
   */

  /// What a task does that has to be waited for until it is ready.
  ///
  /// @param <V> the type of the value it reports
  @FunctionalInterface
  public interface Body<V extends @Nullable Object> {

    /// Runs the body. Suspends wherever it awaits.
    ///
    /// @param status what to report with
    /// @throws Exception whatever the body lets out
    void run(TaskStatus<V> status) throws Exception;
  }

  private record Reporting<V extends @Nullable Object>(Body<V> body, TaskStatus<V> status)
      implements Coro<@Nullable Void>, Repr.Wrapper {
    @Override
    public @Nullable Void run() throws Exception {
      body.run(status);
      return null;
    }

    @Override
    public Object wrapped() {
      return body;
    }
  }

  private final LoopFuture<V> ready;
  private boolean isStarted;

  TaskStatus(Loop loop) {
    this.ready = new LoopFuture<>(loop);
  }

  /// Reports that the task is ready: [TaskGroup#start] returns. Never suspends.
  ///
  /// If the caller of `start` was cancelled meanwhile this does nothing: the task is cancelled too.
  ///
  /// @param value what `start` returns
  /// @throws IllegalStateException if this was called before
  public void started(V value) {
    ready.getLoop().checkTurn();
    if (isStarted) {
      throw new IllegalStateException("started() was called before");
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
  /// @param lateFailure takes a failure of the task that nobody else would see
  V await(Task<?> task, Consumer<Throwable> lateFailure) {
    try {
      return ready.await();
    } catch (CancelledError cancelled) {
      if (ready.isCancelled()) {
        end(task);
      } else if (ready.failure() != null) { // and the caller was cancelled before it went on
        lateFailure.accept(Objects.requireNonNull(ready.failure()));
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
        // passed on to the task, which is waited for as long as it takes
      } catch (Throwable fault) {
        if (!task.isDone()) {
          throw fault; // the loop is closing; else it is the task's, and the group has it
        }
      }
    }
  }

  /// The task has ended.
  ///
  /// @return whether its outcome is the caller's, who still waits
  boolean ended(LoopFuture<?> task) {
    if (ready.isDone()) {
      return false;
    }
    if (task.isCancelled()) {
      ready.cancelWith(task.cancelledError());
    } else {
      Throwable fault = task.exception();
      ready.setException(
          fault != null
              ? fault
              : new IllegalStateException(
                  "the task ended without calling started(); call it once when the task is ready: "
                      + task));
    }
    return true;
  }

  @Override
  public String toString() {
    return "<TaskStatus " + (isStarted ? "started>" : "pending>");
  }
}
