package io.loop.task;

import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// Work that an executor runs for a loop, and the future of its outcome.
///
/// @param <T> the type of the result
final class Job<T extends @Nullable Object> extends CompletableFuture<T> implements Runnable {

  /*
   *   queued --run-----> running --> done       if it was cancelled, the result is discarded
   *      `-----cancel---> cancelled             it never runs
   *
   * `work` decides between the two: the side that removes it wins. A cancelled job stays in its
   * executor's queue, but keeps neither the work nor the context alive.
   */

  private final AtomicReference<@Nullable Callable<T>> work;
  private final @Nullable JobThreads threads;

  /// @param work the work to run
  /// @param threads the threads to notify at the end, or null
  Job(Callable<T> work, @Nullable JobThreads threads) {
    this.work = new AtomicReference<>(work);
    this.threads = threads;
  }

  @Override
  public void run() {
    Callable<T> taken = work.getAndSet(null);
    if (taken == null) {
      tellThreads(); // cancelled before it started
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
