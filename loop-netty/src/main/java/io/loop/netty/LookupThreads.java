package io.loop.netty;

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

/// The threads that ask the system for the addresses of hosts: a few, for all loops of this JVM.
///
/// The system's look-up blocks, cannot be ended from outside, and may take minutes. Whoever gives
/// up waiting leaves its thread behind until then, so their number has a limit. They are platform
/// threads, since a look-up holds a virtual one's carrier.
final class LookupThreads {

  static final int MOST = 32;
  static final String NAME = "loop-resolver-";

  private static final int IDLE_SECONDS = 10;
  private static final ThreadPoolExecutor POOL = newPool();

  /// Remembers what the pool was given, to take it back.
  private static final class Place implements Executor {
    private @Nullable Runnable task;

    @Override
    public void execute(Runnable given) {
      task = given;
      POOL.execute(given);
    }

    void giveUp() {
      if (task != null) {
        boolean _ = POOL.remove(task); // false if a thread has it
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

  /// {@return what a look-up returns} Coroutine only; suspends. Waits for a thread if all are busy;
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

  /// {@return how many look-ups wait for a thread}
  static int waiting() {
    return POOL.getQueue().size();
  }
}
