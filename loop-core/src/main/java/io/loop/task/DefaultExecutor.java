package io.loop.task;

import io.loop.base.Throwing;
import io.loop.context.Context;
import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// A loop's default executor for work that must not run on the loop. Also submits work to other
/// executors.
///
/// Loop thread and coroutines of the loop only.
final class DefaultExecutor implements AutoCloseable {

  /*
   *   none --first use, or set--> open --shutdown--> refusing (final)
   *
   * A job that is cancelled before a thread has taken it never runs. A running job continues, and
   * its result is discarded. Shutting down lets all submitted jobs run, including queued ones, as
   * asyncio does.
   */

  private static final System.Logger LOG = System.getLogger("io.loop");
  private static final LoopLocal<DefaultExecutor> KEY =
      LoopLocal.withInitial(_ -> new DefaultExecutor());

  private @Nullable ExecutorService executor;
  private boolean refusing;

  private DefaultExecutor() {}

  static DefaultExecutor of(Loop loop) {
    return KEY.get(loop);
  }

  static <T extends @Nullable Object> LoopFuture<T> submit(
      Loop loop, @Nullable Executor chosen, Callable<T> work) {
    Objects.requireNonNull(work, "work");
    loop.checkTurn();
    Executor target = chosen != null ? chosen : of(loop).open();
    if (target instanceof JobThreads threads) {
      var job = new Job<>(work, threads);
      LoopFuture<T> inside = Threadsafe.wrap(loop, job);
      threads.start(job);
      return inside;
    }
    var job = new Job<>(work, null);
    LoopFuture<T> inside = Threadsafe.wrap(loop, job);
    Tasks.onLoopThread(() -> { // a thread that a coroutine creates would start on its loop
      target.execute(job);
      return null;
    });
    return inside;
  }

  static <T extends @Nullable Object> T toThread(Callable<T> work) {
    Objects.requireNonNull(work, "work");
    Loop loop = Loop.running();
    Context context = Context.copyCurrent();
    return submit(loop, null, () -> context.call(work)).await();
  }

  private ExecutorService open() {
    if (refusing) {
      throw new IllegalStateException("Executor shutdown has been called; pass your own executor");
    }
    ExecutorService existing = executor;
    if (existing == null) {
      existing = new JobThreads();
      executor = existing;
    }
    return existing;
  }

  void set(ExecutorService replacement) {
    executor = Objects.requireNonNull(replacement, "executor");
  }

  /// Rejects new jobs and waits for the submitted ones. Coroutine only.
  void shutdown(@Nullable Duration timeout) {
    refusing = true;
    ExecutorService closing = executor;
    if (closing == null) {
      return;
    }
    closing.shutdown();
    try {
      if (!awaitTermination(closing, timeout)) {
        LOG.log(
            Level.WARNING,
            "The executor did not finish joining its threads within {0} seconds.",
            timeout == null ? Long.MAX_VALUE : timeout.toSeconds());
      }
    } catch (InterruptedException interruption) {
      throw Throwing.rethrow(interruption); // the task was cancelled, or its thread interrupted
    }
  }

  private static boolean awaitTermination(ExecutorService closing, @Nullable Duration timeout)
      throws InterruptedException {
    long nanos = timeout == null ? Long.MAX_VALUE : TimeUnit.NANOSECONDS.convert(timeout);
    return closing.isTerminated() || closing.awaitTermination(nanos, TimeUnit.NANOSECONDS);
  }

  boolean isUsed() {
    return executor != null;
  }

  /// Rejects new jobs, and does not wait.
  @Override
  public void close() {
    refusing = true;
    if (executor != null) {
      executor.shutdown();
    }
  }
}
