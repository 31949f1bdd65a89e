package io.loop.netty;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/// The processor time of all Java threads of this JVM: event loops, carriers of virtual threads,
/// the JDK's pollers.
///
/// Threads of the JIT compiler and the garbage collector are not Java threads, and do not count.
final class ThreadTimes {

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  private ThreadTimes() {}

  /// {@return the time that all threads except the calling one have used since they started, in
  /// nanoseconds; ended threads do not count}
  static long nanosOfOthers() {
    long self = Thread.currentThread().threadId();
    long sum = 0;
    for (long id : THREADS.getAllThreadIds()) {
      sum += id == self ? 0 : Math.max(0, THREADS.getThreadCpuTime(id));
    }
    return sum;
  }
}
