package io.loop.task;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/// The threads on which a loop's default executor runs its jobs.
///
/// Source: `concurrent.futures.ThreadPoolExecutor`, Python 3.15, with the size that asyncio's
/// default executor has.
final class JobThreads extends ThreadPoolExecutor {

  /*
   * A thread is started only if all others have a job, as in asyncio. The JDK's pool starts a
   * thread whenever it has fewer than its core size, so the core size is raised to the number of
   * jobs in progress. It is never reduced: a thread that has been idle for some seconds ends
   * anyway.
   *
   * The threads are not daemons, because a process with asyncio also waits for its jobs. Idle
   * threads end soon, so a loop that is never closed does not keep the JVM alive.
   *
   * A job reports its end before it publishes its outcome, so code that reacts to the outcome by
   * starting another job finds the thread free.
   */

  /// The maximum number of jobs that run at the same time.
  static final int LIMIT = Math.min(32, Runtime.getRuntime().availableProcessors() + 4);

  private static final int IDLE_SECONDS = 5;

  private final AtomicInteger underWay = new AtomicInteger();

  JobThreads() {
    super(
        1,
        LIMIT,
        IDLE_SECONDS,
        TimeUnit.SECONDS,
        new LinkedBlockingQueue<>(),
        Thread.ofPlatform()
            .daemon(false)
            .inheritInheritableThreadLocals(false)
            .name("loop-toThread-", 0)
            .factory());
    allowCoreThreadTimeOut(true);
  }

  /// Runs a job when a thread is available, in the order of the calls. Loop thread only.
  ///
  /// @param job the job, which calls [#jobEnded] once
  void start(Runnable job) {
    int needed = Math.min(LIMIT, underWay.incrementAndGet());
    try {
      if (needed > getCorePoolSize()) {
        setCorePoolSize(needed);
      }
      execute(job);
    } catch (Throwable refused) { // no memory for a thread or a queue entry
      jobEnded();
      throw refused;
    }
  }

  /// Called when a job has finished, or was cancelled before it started. Any thread.
  void jobEnded() {
    underWay.decrementAndGet();
  }
}
