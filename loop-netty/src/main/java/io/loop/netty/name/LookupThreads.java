package io.loop.netty.name;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The threads that resolve host names: a few, for all loops of this JVM.
///
/// The system's lookup blocks, cannot be cancelled, and may take minutes. A caller that gives up
/// leaves its thread occupied, so the number of threads is limited. They are platform threads,
/// because a lookup pins a virtual thread's carrier.
final class LookupThreads {

  static final int MOST = 32;
  static final String NAME = "loop-resolver-";

  private static final int IDLE_SECONDS = 10;
  private static final ThreadPoolExecutor POOL = newPool();

  /// Remembers the task that the pool got, to remove it again.
  private static final class Place implements Executor {
    private @Nullable Runnable task;

    @Override
    public void execute(Runnable given) {
      task = given;
      POOL.execute(given);
    }

    void giveUp() {
      if (task != null) {
        boolean _ = POOL.remove(task); // false if a thread is running it
      }
    }
  }

  private LookupThreads() {}

  private static ThreadPoolExecutor newPool() {
    ThreadFactory threads =
        Thread.ofPlatform().daemon().name(NAME, 1).inheritInheritableThreadLocals(false).factory();
    var pool =
        new ThreadPoolExecutor(
            MOST, MOST, IDLE_SECONDS, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads);
    pool.allowCoreThreadTimeOut(true);
    return pool;
  }

  /// {@return the result of a lookup} Coroutine only; suspends. Waits for a thread if all are busy;
  /// a cancelled caller leaves the queue.
  static <T> T call(Loop loop, Callable<T> lookup) throws IOException {
    var place = new Place();
    try {
      return Tasks.runInExecutor(loop, place, lookup).await(IOException.class);
    } catch (CancelledError givenUp) {
      place.giveUp();
      throw givenUp;
    }
  }

  /// {@return how many lookups wait for a thread}
  static int waiting() {
    return POOL.getQueue().size();
  }
}
