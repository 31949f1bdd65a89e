package io.loop.netty;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/// The processor time of this JVM's Java threads, whatever they are: event loops, carriers of
/// virtual threads, the JDK's pollers.
///
/// The compiler's threads and the collector's are not Java threads, and do not count.
final class ThreadTimes {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private ThreadTimes() {}

  /// {@return what all threads but the calling one have used since they started, in nanoseconds; a
  /// thread that ends takes its time with it}
  static long nanosOfOthers() {
    long self = Thread.currentThread().threadId();
    long sum = 0;
    for (long id : THREADS.getAllThreadIds()) {
      sum += id == self ? 0 : Math.max(0, THREADS.getThreadCpuTime(id));
    }
    return sum;
  }
}
