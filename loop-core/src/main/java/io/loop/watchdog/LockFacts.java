package io.loop.watchdog;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.HotSpotDiagnosticMXBean.ThreadDumpFormat;
import java.io.IOException;
import java.io.Reader;
import java.lang.management.LockInfo;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Facts from the JDK about locks and the threads that hold them. Any thread that may block.
final class LockFacts {

  /*
   * There are two sources, each for one kind of lock, and neither is complete:
   *
   * Thread dumps name the monitors that a thread holds and the one it waits for, also of virtual
   * threads that are not mounted. They do not name the owners of java.util.concurrent's locks.
   *
   * A ThreadInfo names the owner of such a lock, a virtual thread too, but only for the lock that a
   * platform thread is parked for. So a helper thread parks with that lock as its blocker, without
   * acquiring it, and its ThreadInfo is read.
   *
   * Both are in modules that may be missing. Only the nested classes use them.
   */

  /// The thread that holds a lock.
  ///
  /// @param threadId the id of the thread
  /// @param threadName its name
  record Owner(long threadId, String threadName) {}

  static final boolean AVAILABLE =
      ModuleLayer.boot().findModule("jdk.management").isPresent()
          && canRead(LockFacts.class.getModule(), "jdk.management");

  private static final int MOST_LOOKS = 1_000;
  private static final long LOOK_NANOS = 1_000_000;

  private LockFacts() {}

  private static boolean canRead(Module module, String name) {
    return ModuleLayer.boot().findModule(name).filter(module::canRead).isPresent();
  }

  /// {@return how many waits a platform thread has begun so far; -1 if that is unknown}
  static long countWaits(Thread thread) {
    return AVAILABLE ? Infos.countWaits(thread) : -1;
  }

  /// {@return the owner of a lock; null if it is free, its kind has no owner, or the owner is
  /// unknown}
  static @Nullable Owner ownerOf(AbstractOwnableSynchronizer lock) {
    return AVAILABLE ? Infos.ownerOf(lock) : null;
  }

  /// {@return all threads of the JVM; empty if they are unknown}
  ///
  /// @throws IOException if a temporary file cannot be written
  static List<ThreadDump.Entry> dump() throws IOException {
    return AVAILABLE ? Dumps.dump() : List.of();
  }

  private static final class Infos {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    static long countWaits(Thread thread) {
      ThreadInfo info = THREADS.getThreadInfo(thread.threadId());
      return info == null ? -1 : info.getBlockedCount() + info.getWaitedCount();
    }

    static @Nullable Owner ownerOf(AbstractOwnableSynchronizer lock) {
      var probe = new Probe(lock);
      Thread thread = Thread.ofPlatform().daemon().name("loop-lock-probe").start(probe);
      try {
        for (int looks = 0; looks < MOST_LOOKS; looks++) {
          ThreadInfo info = THREADS.getThreadInfo(thread.threadId());
          if (info != null && isFor(lock, info.getLockInfo())) {
            String name = info.getLockOwnerName();
            return name == null ? null : new Owner(info.getLockOwnerId(), name);
          }
          LockSupport.parkNanos(LOOK_NANOS); // it has not parked yet
        }
        return null;
      } finally {
        probe.isOver = true;
        LockSupport.unpark(thread);
      }
    }

    private static boolean isFor(Object lock, @Nullable LockInfo info) {
      return info != null && info.getIdentityHashCode() == System.identityHashCode(lock);
    }
  }

  /// Parks as if for a lock.
  private static final class Probe implements Runnable {
    private final AbstractOwnableSynchronizer lock;
    private volatile boolean isOver;

    Probe(AbstractOwnableSynchronizer lock) {
      this.lock = lock;
    }

    @Override
    public void run() {
      while (!isOver) {
        LockSupport.park(lock);
        boolean _ = Thread.interrupted(); // it would end every later park
      }
    }
  }

  private static final class Dumps {
    private static final HotSpotDiagnosticMXBean DIAGNOSTICS =
        ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);

    static List<ThreadDump.Entry> dump() throws IOException {
      Path folder = Files.createTempDirectory("loop-hold-up"); // readable by its owner only
      Path file = folder.resolve("threads.json");
      try {
        DIAGNOSTICS.dumpThreads(file.toAbsolutePath().toString(), ThreadDumpFormat.JSON);
        try (Reader in = Files.newBufferedReader(file)) {
          return ThreadDump.read(in);
        }
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    }
  }
}
