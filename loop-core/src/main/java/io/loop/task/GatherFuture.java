package io.loop.task;

import io.loop.event.Loop;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The future of a gather: settled when all its children are, or when the first one fails.
///
/// @param <T> the type of the results
final class GatherFuture<T extends @Nullable Object> extends LoopFuture<List<T>> {

  /*
   * Cancelling it cancels every child and nothing else: it settles when they have, so whoever awaits
   * it resumes after its children's clean-up. It never becomes cancelled itself; a cancellation is
   * a failure of it like any other.
   *
   * `arguments` has an entry per argument, `children` each future once.
   */

  private final List<LoopFuture<? extends T>> arguments = new ArrayList<>();
  private final Set<LoopFuture<? extends T>> children = new LinkedHashSet<>();
  private final boolean keepsExceptions;
  private int finished;
  private boolean cancelRequested;

  private GatherFuture(Loop loop, boolean keepsExceptions) {
    super(loop);
    this.keepsExceptions = keepsExceptions;
  }

  static <T extends @Nullable Object> LoopFuture<List<T>> of(
      Loop loop, List<? extends Coro<? extends T>> awaitables, boolean keepsExceptions) {
    var outer = new GatherFuture<T>(loop, keepsExceptions);
    if (awaitables.isEmpty()) {
      outer.setResult(List.of());
      return outer;
    }
    outer.adopt(awaitables);
    return outer;
  }

  private void adopt(List<? extends Coro<? extends T>> awaitables) {
    var seen = new HashMap<Coro<? extends T>, LoopFuture<? extends T>>();
    List<LoopFuture<? extends T>> settled = new ArrayList<>();
    for (Coro<? extends T> awaitable : awaitables) {
      LoopFuture<? extends T> child = seen.computeIfAbsent(awaitable, this::start);
      arguments.add(child);
      if (!children.add(child)) {
        continue;
      }
      if (child.isDone()) {
        settled.add(child);
      } else {
        child.addDoneCallback(this::childDone); // now: the next body's eager start may settle it
      }
    }
    settled.forEach(this::childDone);
  }

  private LoopFuture<? extends T> start(Coro<? extends T> awaitable) {
    LoopFuture<? extends T> child = Tasks.ensureFuture(loop, awaitable);
    if (child != awaitable && child instanceof Task<?> task) {
      task.doNotReportDestruction();
    }
    return child;
  }

  private void childDone(LoopFuture<? extends T> child) {
    finished++;
    if (isDone()) {
      child.markRead(); // the first failure has been told; the others are not news
      return;
    }
    Throwable fault = keepsExceptions ? null : child.takeThrowable();
    if (fault != null) {
      setException(fault);
    } else if (finished == children.size()) {
      complete();
    }
  }

  private void complete() {
    List<T> results = new ArrayList<>();
    arguments.forEach(child -> results.add(resultOf(child)));
    if (cancelRequested) {
      setException(arguments.getLast().cancelledError());
    } else {
      setResult(results);
    }
  }

  @SuppressWarnings("unchecked") // with keepsExceptions T is Object
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
    for (LoopFuture<? extends T> child : children) {
      any |= child.cancel(message);
    }
    cancelRequested |= any;
    return any;
  }
}
