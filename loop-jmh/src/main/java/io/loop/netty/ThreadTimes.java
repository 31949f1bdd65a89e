package io.loop.netty;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;

/// The processor time of the threads of this JVM: event loops, carriers of virtual threads, the
/// JDK's pollers, and on Linux the garbage collector's.
///
/// The JIT compiler's threads do not count.
final class ThreadTimes {

  /*
   * Garbage is a cost of a server, so its collector counts where it can be read. Linux keeps the
   * time of each thread in nanoseconds, in the first number of `schedstat`. The ThreadMXBean knows
   * Java threads only.
   */

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final Path SELF = Path.of("/proc/thread-self");
  private static final Path ALL = Path.of("/proc/self/task");
  private static final boolean LINUX = Files.isReadable(SELF.resolve("schedstat"));

  private ThreadTimes() {}

  /// {@return the time that all threads except the calling one have used since they started, in
  /// nanoseconds; ended threads do not count}
  static long nanosOfOthers() throws IOException {
    return LINUX ? nanosOnLinux() : nanosOfJavaThreads();
  }

  private static long nanosOnLinux() throws IOException {
    Path self = Files.readSymbolicLink(SELF).getFileName();
    long sum = 0;
    try (DirectoryStream<Path> threads = Files.newDirectoryStream(ALL)) {
      for (Path thread : threads) {
        sum += thread.getFileName().equals(self) ? 0 : nanosOf(thread);
      }
    }
    return sum;
  }

  private static long nanosOf(Path thread) {
    try {
      String name = Files.readString(thread.resolve("comm"));
      if (name.startsWith("C1 Comp") || name.startsWith("C2 Comp")) {
        return 0;
      }
      String times = Files.readString(thread.resolve("schedstat"));
      return Long.parseLong(times.substring(0, times.indexOf(' ')));
    } catch (IOException ended) {
      return 0;
    }
  }

  private static long nanosOfJavaThreads() {
    long self = Thread.currentThread().threadId();
    long sum = 0;
    for (long id : THREADS.getAllThreadIds()) {
      sum += id == self ? 0 : Math.max(0, THREADS.getThreadCpuTime(id));
    }
    return sum;
  }
}
