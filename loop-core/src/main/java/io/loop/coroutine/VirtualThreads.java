package io.loop.coroutine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.Method;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Virtual threads with a scheduler of our own: the one class that opens the JDK.
final class VirtualThreads {

  /*
   * JDK 25 has the constructor but does not export it. If the JVM was not told to open
   * java.base/java.lang to us, or a later JDK has moved the methods, there is no handle and the
   * portable carrier is used.
   *
   * A virtual thread that names no scheduler gets that of the virtual thread that makes it. So a
   * scheduler of ours is handed strangers too, and passes them on to the JDK's.
   */

  private static final @Nullable MethodHandle NEW_VIRTUAL_THREAD = findConstructor();
  private static final @Nullable Executor JDK_SCHEDULER = findScheduler();

  static final boolean AVAILABLE = NEW_VIRTUAL_THREAD != null && JDK_SCHEDULER != null;

  private VirtualThreads() {}

  /// {@return a virtual thread that has not started, whose continuation is handed to a scheduler
  /// each time it can run}
  static Thread create(Executor scheduler, String name, Runnable body) {
    MethodHandle constructor = NEW_VIRTUAL_THREAD;
    if (constructor == null) {
      throw new IllegalStateException("no access to java.lang.ThreadBuilders");
    }
    try {
      return (Thread) constructor.invokeExact(scheduler, name, 0, body);
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Throwable fault) {
      throw new IllegalStateException(fault); // it declares no checked exception
    }
  }

  /// {@return the scheduler of virtual threads that have none of their own}
  static Executor jdkScheduler() {
    Executor scheduler = JDK_SCHEDULER;
    if (scheduler == null) {
      throw new IllegalStateException("no access to java.lang.VirtualThread");
    }
    return scheduler;
  }

  private static @Nullable Executor findScheduler() {
    try {
      Method method =
          Class.forName("java.lang.VirtualThread").getDeclaredMethod("defaultScheduler");
      method.setAccessible(true);
      return (Executor) method.invoke(null);
    } catch (ReflectiveOperationException | InaccessibleObjectException absent) {
      return null; // as below
    }
  }

  private static @Nullable MethodHandle findConstructor() {
    try {
      Method method =
          Class.forName("java.lang.ThreadBuilders")
              .getDeclaredMethod(
                  "newVirtualThread", Executor.class, String.class, int.class, Runnable.class);
      method.setAccessible(true);
      return MethodHandles.lookup().unreflect(method);
    } catch (ReflectiveOperationException | InaccessibleObjectException absent) {
      return null; // the portable carrier needs none of this; Carriers says which flag is missing
    }
  }
}
