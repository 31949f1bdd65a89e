package io.loop.event;

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

/// The two threads of this JVM that look after loops which stand still: one looks, one reports.
final class HoldUps {

  /*
   * A loop is looked at while its HoldUp says so. A loop with a host comes here only after its host
   * has been blocked for the limit: its own thread notices that, in an Interlude. A loop without one
   * stands still on the very thread that could notice, so it is looked at while it runs.
   *
   * The loops are held weakly: an attached loop ends with its executor, perhaps without being closed.
   * One about which a report was made is held until the end of that has been told.
   *
   * Reports are made and logged on the second thread. They call code of the program, loggers and
   * texts, and the lock they wait for may be the one that the loop waits for.
   *
   * Time is real time whatever the clock of the loop: what is waited for here is real threads.
   */

  private static final int LOOKS = 5;
  private static final Poller CLOCK = new ParkPoller();

  private static final Queue<Watched> ADDED = new ConcurrentLinkedQueue<>();
  private static final AtomicReference<@Nullable Thread> WATCHER = new AtomicReference<>();
  private static volatile boolean asleep;
  private static volatile long limitNanos = TimeUnit.SECONDS.toNanos(5);
  private static volatile OutputStream lastResort = new FileOutputStream(FileDescriptor.err);

  /// Made for the first report.
  private static final class Reporter {
    static final Executor THREAD =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("loop-hold-up-reports").factory());
  }

  /// A loop that is looked at.
  private static final class Watched {
    private final WeakReference<HoldUp> loop;
    private @Nullable HoldUp told;

    Watched(HoldUp loop) {
      this.loop = new WeakReference<>(loop);
    }

    /// {@return whether there is no need to look again}
    boolean isOver() {
      HoldUp found = told != null ? told : loop.get();
      if (found == null) {
        return true;
      }
      boolean goesOn = found.look(nanoTime());
      told = found.isTold() ? found : null;
      return !goesOn;
    }
  }

  private HoldUps() {}

  /// {@return for how long a loop may stand still before it is reported}
  static long limitNanos() {
    return limitNanos;
  }

  /// Sets for how long a loop may stand still before it is reported; for tests.
  static void setLimitNanos(long nanos) {
    limitNanos = nanos;
    LockSupport.unpark(WATCHER.get());
  }

  /// Writes a report to the standard error stream, around `System.err`, which has a lock.
  static void print(String text) {
    try {
      lastResort.write((text + System.lineSeparator()).getBytes(Charset.defaultCharset()));
    } catch (IOException closed) {
      // nobody reads that stream, and there is no other place
    }
  }

  /// Sets where a report goes when the logger itself is held up, and returns what it was; for
  /// tests.
  static OutputStream setLastResort(OutputStream out) {
    OutputStream before = lastResort;
    lastResort = out;
    return before;
  }

  static long nanoTime() {
    return CLOCK.nanoTime();
  }

  /// Looks at a loop from now on, until it has no need of that; any thread.
  static void add(HoldUp loop) {
    ADDED.add(new Watched(loop));
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

  /// Runs something that may wait for locks of the program, after what was given before.
  static void report(Runnable work) {
    Reporter.THREAD.execute(work);
  }

  private static void watch() {
    List<Watched> watched = new ArrayList<>();
    while (true) {
      if (watched.isEmpty()) {
        sleep();
      } else {
        LockSupport.parkNanos(limitNanos / LOOKS);
      }
      boolean _ = Thread.interrupted(); // means nothing here, and would end every park from now on
      try {
        for (Watched next; (next = ADDED.poll()) != null; ) {
          watched.add(next);
        }
        watched.removeIf(Watched::isOver);
      } catch (OutOfMemoryError full) {
        // reports are for those who can wait: the next look may find memory
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
