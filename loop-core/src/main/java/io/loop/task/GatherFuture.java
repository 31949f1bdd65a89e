package io.loop.task;

import io.loop.event.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The future of a gather. It is settled when all its children are, or, depending on [OnFailure],
/// when the first child fails.
///
/// @param <T> the type of the results
final class GatherFuture<T extends @Nullable Object> extends LoopFuture<List<T>> {

  /*
   * Cancelling it only cancels every child. It is settled after they are, so a task that awaits it
   * resumes after the children's clean-up. It never becomes cancelled itself: a cancellation is a
   * failure like any other.
   *
   * `arguments` has an entry for each argument, `children` has each future once. Both are cleared
   * when this is settled, so that keeping the results does not keep the tasks.
   */

  /// What a gather does when a child fails.
  enum OnFailure {
    /// Fails immediately; the other children keep running.
    FAIL,
    /// Treats the exception as the child's result.
    KEEP,
    /// Cancels the other children, waits for them, and then fails.
    CANCEL_SIBLINGS
  }

  private final List<LoopFuture<? extends T>> arguments = new ArrayList<>();
  private final Set<LoopFuture<? extends T>> children = new LinkedHashSet<>();
  private final DoneCallback<LoopFuture<?>> childDone = this::childDone;
  private final OnFailure onFailure;
  private @Nullable Throwable firstFault;
  private int finished;
  private boolean cancelRequested;

  private GatherFuture(Loop loop, OnFailure onFailure) {
    super(loop);
    this.onFailure = onFailure;
  }

  static <T extends @Nullable Object> LoopFuture<List<T>> of(
      Loop loop, List<? extends Awaitable<? extends T>> awaitables, OnFailure onFailure) {
    var outer = new GatherFuture<T>(loop, onFailure);
    if (awaitables.isEmpty()) {
      outer.setResult(List.of());
      return outer;
    }
    outer.adopt(awaitables);
    return outer;
  }

  private void adopt(List<? extends Awaitable<? extends T>> awaitables) {
    Task<?> waiter = LoopTasks.of(loop).current();
    var seen = new HashMap<Awaitable<? extends T>, LoopFuture<? extends T>>();
    List<LoopFuture<? extends T>> settled = new ArrayList<>();
    for (Awaitable<? extends T> awaitable : awaitables) {
      LoopFuture<? extends T> child = seen.computeIfAbsent(awaitable, this::start);
      arguments.add(child);
      if (!children.add(child)) {
        continue;
      }
      if (child.isDone()) {
        settled.add(child);
      } else {
        child.addDoneCallbackFor(waiter, childDone); // now: an eager start may settle it
      }
    }
    settled.forEach(this::childDone);
  }

  private LoopFuture<? extends T> start(Awaitable<? extends T> awaitable) {
    LoopFuture<? extends T> child = Tasks.ensureFuture(loop, awaitable);
    if (child != awaitable && child instanceof Task<?> task) {
      task.step().doNotReportDestruction();
    }
    return child;
  }

  private void childDone(LoopFuture<?> child) {
    finished++;
    if (isDone()) {
      child.markRead(); // only the first failure is reported
      return;
    }
    Throwable fault = onFailure == OnFailure.KEEP ? null : child.takeThrowable();
    if (fault != null && onFailure == OnFailure.FAIL) {
      children.forEach(left -> left.forgetWaiter(childDone));
      setException(fault);
      letGo();
      return;
    }
    if (fault != null && firstFault == null) {
      firstFault = fault;
      children.forEach(LoopFuture::cancel); // has no effect on children that are done
    }
    if (finished == children.size()) {
      complete();
      letGo();
    }
  }

  private void letGo() {
    arguments.clear();
    children.clear();
    firstFault = null;
  }

  private void complete() {
    if (firstFault != null) {
      setException(firstFault);
      return;
    }
    List<T> results = new ArrayList<>();
    arguments.forEach(child -> results.add(resultOf(child)));
    if (cancelRequested) {
      setException(arguments.getLast().cancelledError());
    } else {
      setResult(results);
    }
  }

  @SuppressWarnings("unchecked") // with KEEP T is Object
  private T resultOf(LoopFuture<? extends T> child) {
    if (child.isCancelled()) {
      String message = child.cancelMessage();
      return (T) new CancelledError(message == null ? "" : message);
    }
    Throwable fault = child.takeThrowable();
    return fault != null ? (T) fault : child.result();
  }

  @Override
  public boolean cancel(@Nullable String message) {
    if (isDone()) {
      return false;
    }
    boolean any = false;
    for (LoopFuture<? extends T> child : arguments) {
      any |= child.cancel(message); // a duplicate is cancelled twice, as in asyncio
    }
    cancelRequested |= any;
    return any;
  }
}
