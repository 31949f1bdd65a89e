package io.loop.task;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Work that an executor's thread does for a loop, and the future of its outcome.
///
/// @param <T> the type of the result
final class Job<T extends @Nullable Object> extends CompletableFuture<T> implements Runnable {

  /*
   *   in line --run-----> running --> done      what it returns is dropped if it was cancelled
   *      `-----cancel---> cancelled             it never runs
   *
   * `work` tells the two apart: whoever takes it out decides. A cancelled job stays in its
   * executor's line, but keeps neither the work nor the context alive.
   */

  private final AtomicReference<@Nullable Callable<T>> work;
  private final @Nullable JobThreads threads;

  /// @param work what to do
  /// @param threads whom to tell of the end, or null
  Job(Callable<T> work, @Nullable JobThreads threads) {
    this.work = new AtomicReference<>(work);
    this.threads = threads;
  }

  @Override
  public void run() {
    Callable<T> taken = work.getAndSet(null);
    if (taken == null) {
      tellThreads(); // cancelled before it began
      return;
    }
    T result;
    try {
      result = taken.call();
    } catch (Throwable fault) {
      tellThreads();
      completeExceptionally(fault);
      return;
    }
    tellThreads();
    complete(result);
  }

  private void tellThreads() {
    if (threads != null) {
      threads.jobEnded();
    }
  }

  @Override
  public boolean cancel(boolean mayInterruptIfRunning) {
    work.set(null);
    return super.cancel(mayInterruptIfRunning);
  }
}
