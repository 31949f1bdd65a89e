package io.loop.coroutine;

import io.loop.coroutine.JdkAccess.Jdk;
import io.loop.coroutine.JdkAccess.Unavailable;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Virtual threads with a custom scheduler.
final class VirtualThreads {

  /*
   * Whether they are available is determined once, without throwing: if not, the portable carrier
   * is used.
   *
   * A virtual thread without its own scheduler inherits that of the virtual thread that creates it.
   * So a custom scheduler also gets other threads, and passes them on to the JDK's.
   *
   * The scheduler is also how a coroutine is found from its thread: that reads one field of the
   * thread. A scoped value would cost a binding, a cache for each thread, and a lookup after each
   * step.
   */

  /// The result: one of the two is null.
  record Opened(@Nullable JdkAccess access, @Nullable Unavailable fault) {}

  private static final Opened OPENED = open(Class::forName);
  private static final @Nullable JdkAccess JDK = OPENED.access;

  static final boolean AVAILABLE = JDK != null;

  private VirtualThreads() {}

  /// {@return access that was checked, or why there is none}
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

  /// {@return a virtual thread that has not started, whose continuation is passed to a scheduler
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

  /// {@return the scheduler of virtual threads without their own}
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

  /// Repeats what the JDK does on the carrier after a virtual thread has unmounted. Without effect
  /// if it was completed.
  static void afterYield(Thread virtual) {
    try {
      jdk().afterYield().invokeExact(virtual);
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Throwable fault) {
      throw new IllegalStateException(fault); // it declares no checked exception
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
