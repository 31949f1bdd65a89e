package io.loop.coroutine;

import io.loop.coroutine.JdkAccess.Jdk;
import io.loop.coroutine.JdkAccess.Unavailable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Virtual threads with a scheduler of our own.
final class VirtualThreads {

  /*
   * Whether there are any is found out once, and nothing is thrown by that: without them the
   * portable carrier is used.
   *
   * A virtual thread that names no scheduler gets that of the virtual thread that makes it. So a
   * scheduler of ours is handed strangers too, and passes them on to the JDK's.
   *
   * The scheduler is also how a coroutine is found from its thread: one field of the thread, where a
   * scoped value costs a binding, a cache for each thread, and a look-up after each step.
   */

  /// What came of it: one of the two is null.
  record Opened(@Nullable JdkAccess access, @Nullable Unavailable fault) {}

  private static final Opened OPENED = open(Class::forName);
  private static final @Nullable JdkAccess JDK = OPENED.access;

  static final boolean AVAILABLE = JDK != null;

  private VirtualThreads() {}

  /// {@return access that has been checked, or why there is none}
  static Opened open(Jdk jdk) {
    try {
      JdkAccess access = JdkAccess.open(jdk);
      SelfCheck.require(access);
      return new Opened(access, null);
    } catch (Unavailable fault) {
      return new Opened(null, fault);
    }
  }

  /// {@return why there are none; null if there are}
  static @Nullable Unavailable fault() {
    return OPENED.fault;
  }

  /// {@return a virtual thread that has not started, whose continuation is handed to a scheduler
  /// each time it can run}
  static Thread create(Executor scheduler, String name, Runnable body) {
    try {
      return (Thread) jdk().newVirtualThread().invokeExact(scheduler, name, 0, body);
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Throwable fault) {
      throw new IllegalStateException(fault); // it declares no checked exception
    }
  }

  /// {@return the scheduler of virtual threads that have none of their own}
  static Executor jdkScheduler() {
    return jdk().jdkScheduler();
  }

  /// {@return the scheduler of a virtual thread}
  static Executor schedulerOf(Thread virtual) {
    try {
      return (Executor) (Object) jdk().scheduler().invokeExact(virtual);
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Throwable fault) {
      throw new IllegalStateException(fault); // reading a field throws nothing
    }
  }

  /// {@return whether a thread has values of thread locals, or has had some}
  static boolean hasThreadLocals(Thread thread) {
    try {
      return (Object) jdk().threadLocals().invokeExact(thread) != null
          || (Object) jdk().inheritableThreadLocals().invokeExact(thread) != null;
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Throwable fault) {
      throw new IllegalStateException(fault); // as above
    }
  }

  private static JdkAccess jdk() {
    JdkAccess access = JDK;
    if (access == null) {
      throw new IllegalStateException("there are no virtual threads with a scheduler", fault());
    }
    return access;
  }
}
