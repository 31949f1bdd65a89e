package io.loop.coroutine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Field;
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
   *
   * The scheduler is also how a coroutine is found from its thread: one field of the thread, where a
   * scoped value costs a binding, a cache for each thread, and a look-up after each step.
   */

  private static final @Nullable MethodHandle NEW_VIRTUAL_THREAD = findConstructor();
  private static final @Nullable Executor JDK_SCHEDULER = findScheduler();

  private static final @Nullable MethodHandle SCHEDULER =
      findField("java.lang.VirtualThread", "scheduler", Executor.class);
  private static final @Nullable MethodHandle THREAD_LOCALS =
      findField("java.lang.Thread", "threadLocals", Object.class);
  private static final @Nullable MethodHandle INHERITABLE_THREAD_LOCALS =
      findField("java.lang.Thread", "inheritableThreadLocals", Object.class);

  static final boolean AVAILABLE =
      NEW_VIRTUAL_THREAD != null
          && JDK_SCHEDULER != null
          && SCHEDULER != null
          && THREAD_LOCALS != null
          && INHERITABLE_THREAD_LOCALS != null;

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

  /// {@return the scheduler of a virtual thread}
  static Executor schedulerOf(Thread virtual) {
    return (Executor) get(SCHEDULER, virtual);
  }

  /// {@return whether a thread has values of thread locals, or has had some}
  static boolean hasThreadLocals(Thread thread) {
    return get(THREAD_LOCALS, thread) != null || get(INHERITABLE_THREAD_LOCALS, thread) != null;
  }

  @SuppressWarnings("NullAway") // null where the field is
  private static Object get(@Nullable MethodHandle field, Thread thread) {
    if (field == null) {
      throw new IllegalStateException("no access to java.lang.Thread");
    }
    try {
      return (Object) field.invokeExact(thread);
    } catch (RuntimeException | Error fault) {
      throw fault;
    } catch (Throwable fault) {
      throw new IllegalStateException(fault); // reading a field throws nothing
    }
  }

  private static @Nullable MethodHandle findField(String type, String name, Class<?> fieldType) {
    try {
      Field field = Class.forName(type).getDeclaredField(name);
      if (!fieldType.isAssignableFrom(field.getType())) {
        return null;
      }
      field.setAccessible(true);
      return MethodHandles.lookup()
          .unreflectGetter(field)
          .asType(MethodType.methodType(Object.class, Thread.class));
    } catch (ReflectiveOperationException | InaccessibleObjectException absent) {
      return null; // as below
    }
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
