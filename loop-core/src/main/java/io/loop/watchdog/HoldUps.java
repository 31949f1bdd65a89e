package io.loop.watchdog;

import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.lang.ref.WeakReference;
import java.nio.charset.Charset;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The two threads of this JVM that watch for loops that are held up: one checks, one reports.
final class HoldUps {

  /*
   * A loop is checked while it may be held up. A loop with a host is added only after its host
   * has been blocked for the limit, which its own thread detects, in an Interlude. A loop without a
   * host blocks the thread that could detect it, so it is checked while it runs.
   *
   * The loops are held weakly: an attached loop ends with its executor, perhaps without being closed.
   * A loop that was reported is held strongly until the end of the spell is reported.
   *
   * Reports are made and logged on the second thread. They call code of the program, such as
   * loggers and toString methods, and may wait for the same lock as the loop.
   */

  private static final int LOOKS = 5;

  private static final Queue<Entry> ADDED = new ConcurrentLinkedQueue<>();
  private static final AtomicReference<@Nullable Thread> WATCHER = new AtomicReference<>();
  private static volatile boolean asleep;
  private static volatile long limitNanos = TimeUnit.SECONDS.toNanos(5);
  private static volatile OutputStream lastResort = new FileOutputStream(FileDescriptor.err);

  /// Created for the first report.
  private static final class Reporter {
    static final Executor THREAD =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("loop-hold-up-reports").factory());
  }

  /// A loop that is watched.
  private static final class Entry {
    private final WeakReference<WatchedLoop> loop;
    private @Nullable WatchedLoop told;

    Entry(WatchedLoop loop) {
      this.loop = new WeakReference<>(loop);
    }

    /// {@return whether no further check is needed}
    boolean isOver() {
      WatchedLoop found = told != null ? told : loop.get();
      if (found == null) {
        return true;
      }
      boolean goesOn = found.look();
      told = found.isTold() ? found : null;
      return !goesOn;
    }
  }

  private HoldUps() {}

  /// {@return how long a loop may be held up before it is reported}
  static long limitNanos() {
    return limitNanos;
  }

  /// Sets how long a loop may be held up before it is reported; for tests.
  static void setLimitNanos(long nanos) {
    limitNanos = nanos;
    LockSupport.unpark(WATCHER.get());
  }

  /// Writes a report to the standard error stream, bypassing `System.err`, which has a lock.
  static void print(String text) {
    try {
      lastResort.write((text + System.lineSeparator()).getBytes(Charset.defaultCharset()));
    } catch (IOException closed) {
      // the stream is closed, and there is no other place
    }
  }

  /// Sets where a report goes when the logger itself is held up, and returns what it was; for
  /// tests.
  static OutputStream setLastResort(OutputStream out) {
    OutputStream before = lastResort;
    lastResort = out;
    return before;
  }

  /// Watches a loop from now on, until it need not be checked further; any thread.
  static void add(WatchedLoop loop) {
    ADDED.add(new Entry(loop));
    if (WATCHER.get() == null) {
      startWatcher();
    } else if (asleep) {
      LockSupport.unpark(WATCHER.get());
    }
  }

  private static void startWatcher() {
    Thread made = Thread.ofPlatform().daemon().name("loop-hold-ups").unstarted(HoldUps::watch);
    if (WATCHER.compareAndSet(null, made)) {
      try {
        made.start();
      } catch (OutOfMemoryError full) { // no thread, no reports; the next loop tries again
        WATCHER.set(null);
      }
    }
  }

  /// Runs something that may wait for locks of the program, after the work submitted before.
  static void report(Runnable work) {
    Reporter.THREAD.execute(work);
  }

  private static void watch() {
    List<Entry> watched = new ArrayList<>();
    while (true) {
      if (watched.isEmpty()) {
        sleep();
      } else {
        LockSupport.parkNanos(limitNanos / LOOKS);
      }
      boolean _ = Thread.interrupted(); // has no meaning here, and would end every later park
      try {
        for (Entry next; (next = ADDED.poll()) != null; ) {
          watched.add(next);
        }
        watched.removeIf(Entry::isOver);
      } catch (OutOfMemoryError full) {
        // the next check may find memory
      }
    }
  }

  private static void sleep() {
    asleep = true;
    if (ADDED.isEmpty()) {
      LockSupport.park();
    }
    asleep = false;
  }
}
