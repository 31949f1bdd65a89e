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
   * A thread is started only if every other one has a job, as in asyncio. The JDK's pool starts one
   * whenever it has fewer than its core size; so the core size is what the jobs under way need. It
   * does not shrink: a thread that has been idle for some seconds ends by itself.
   *
   * The threads are no daemons, since asyncio's process waits for its jobs too. Idle ones end soon,
   * so that a loop that nobody closes does not keep the JVM alive.
   *
   * A job reports its end before it hands out its outcome. Who starts the next one after that
   * finds the thread free.
   */

  /// How many jobs run at the same time.
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

  /// Runs a job when there is a thread for it, in the order of these calls. Loop thread only.
  ///
  /// @param job the job, which calls [#jobEnded] once
  void start(Runnable job) {
    int needed = Math.min(LIMIT, underWay.incrementAndGet());
    try {
      if (needed > getCorePoolSize()) {
        setCorePoolSize(needed);
      }
      execute(job);
    } catch (Throwable refused) { // no memory for a thread, or no room
      jobEnded();
      throw refused;
    }
  }

  /// A job is over, or was cancelled before it began. Any thread.
  void jobEnded() {
    underWay.decrementAndGet();
  }
}
