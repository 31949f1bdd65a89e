package io.loop.coroutine;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.InaccessibleObjectException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Member;
import java.lang.reflect.Method;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// Access to internals of the JDK's virtual threads. This is the only class that opens the JDK.
///
/// @param newVirtualThread creates a thread: (Executor, String, int, Runnable)Thread
/// @param afterYield continues what a virtual thread does after it has unmounted: (Thread)void
/// @param jdkScheduler the scheduler of virtual threads that have none of their own
/// @param scheduler reads the scheduler of a virtual thread: (Thread)Object
/// @param threadLocals reads a field of a thread: (Thread)Object
/// @param inheritableThreadLocals reads a field of a thread: (Thread)Object
record JdkAccess(
    MethodHandle newVirtualThread,
    MethodHandle afterYield,
    Executor jdkScheduler,
    MethodHandle scheduler,
    MethodHandle threadLocals,
    MethodHandle inheritableThreadLocals) {

  /*
   * None of this is an API, so each lookup may fail differently on another JDK: a name is missing,
   * a type has changed, a static initializer fails. Every failure becomes an Unavailable that says
   * what is missing; open() throws nothing else.
   *
   * The names are looked up before anything is opened, which needs no flag. So the flag is advised
   * only where it would help.
   *
   * A record, because the JIT compiler trusts its fields: a handle in a static final record is as
   * constant as one in a static final field.
   */

  /// Finds classes by name; tests substitute their own JDK.
  @FunctionalInterface
  interface Jdk {
    Class<?> find(String name) throws ClassNotFoundException;
  }

  /// The fast carrier is not available in this JVM. The message says why.
  static final class Unavailable extends Exception {
    private static final long serialVersionUID = 1;

    private final boolean flagMissing;

    Unavailable(String message, @Nullable Throwable cause, boolean flagMissing) {
      super(message, cause);
      this.flagMissing = flagMissing;
    }

    /// {@return whether the JDK is supported, and only the flag is missing}
    boolean isFlagMissing() {
      return flagMissing;
    }
  }

  /// {@return access to the JDK's virtual threads}
  ///
  /// @param jdk finds its classes
  /// @throws Unavailable if anything is missing, has another type or cannot be opened
  static JdkAccess open(Jdk jdk) throws Unavailable {
    try {
      return find(jdk);
    } catch (InaccessibleObjectException closed) {
      throw new Unavailable(
          "java.base does not open java.lang to " + opensTo(), closed, /* flagMissing= */ true);
    } catch (InvocationTargetException thrown) {
      Throwable cause = thrown.getCause() == null ? thrown : thrown.getCause();
      throw new Unavailable("its scheduler cannot be read: " + cause, cause, false);
    } catch (ClassNotFoundException gone) {
      throw new Unavailable("there is no class " + gone.getMessage(), gone, false);
    } catch (Unavailable known) {
      throw known;
    } catch (Throwable fault) { // in an initializer it would break every loop of the JVM
      throw new Unavailable(fault.toString(), fault, false);
    }
  }

  /// {@return the module that the JDK must be opened to, as in the flag}
  static String opensTo() {
    Module module = JdkAccess.class.getModule();
    return module.isNamed() ? module.getName() : "ALL-UNNAMED";
  }

  private static JdkAccess find(Jdk jdk) throws ReflectiveOperationException, Unavailable {
    Class<?> virtualThread = jdk.find("java.lang.VirtualThread");
    Class<?> thread = jdk.find("java.lang.Thread");
    Method constructor =
        method(
            jdk.find("java.lang.ThreadBuilders"),
            Thread.class,
            "newVirtualThread",
            Executor.class,
            String.class,
            int.class,
            Runnable.class);
    Method defaultScheduler = method(virtualThread, Executor.class, "defaultScheduler");
    Field scheduler = field(virtualThread, Executor.class, "scheduler");
    Field threadLocals = field(thread, Object.class, "threadLocals");
    Field inheritable = field(thread, Object.class, "inheritableThreadLocals");
    Method afterYield = method(virtualThread, void.class, "afterYield");

    open(constructor, defaultScheduler, scheduler, threadLocals, inheritable, afterYield);
    Executor jdkScheduler = (Executor) defaultScheduler.invoke(null);
    if (jdkScheduler == null) {
      throw new Unavailable(nameOf(defaultScheduler) + " returns null", null, false);
    }
    return new JdkAccess(
        MethodHandles.lookup()
            .unreflect(constructor)
            .asType(
                MethodType.methodType(
                    Thread.class, Executor.class, String.class, int.class, Runnable.class)),
        MethodHandles.lookup()
            .unreflect(afterYield)
            .asType(MethodType.methodType(void.class, Thread.class)),
        jdkScheduler,
        getter(scheduler),
        getter(threadLocals),
        getter(inheritable));
  }

  private static Method method(Class<?> type, Class<?> result, String name, Class<?>... parameters)
      throws Unavailable {
    try {
      Method method = type.getDeclaredMethod(name, parameters);
      requireType(method, result, method.getReturnType());
      return method;
    } catch (NoSuchMethodException gone) {
      String types =
          Arrays.stream(parameters)
              .map(Class::getSimpleName)
              .collect(Collectors.joining(", ", "(", ")"));
      throw new Unavailable(
          "there is no method " + type.getName() + "." + name + types, gone, false);
    }
  }

  private static Field field(Class<?> type, Class<?> of, String name) throws Unavailable {
    try {
      Field field = type.getDeclaredField(name);
      requireType(field, of, field.getType());
      return field;
    } catch (NoSuchFieldException gone) {
      throw new Unavailable("there is no field " + type.getName() + "." + name, gone, false);
    }
  }

  private static void requireType(Member member, Class<?> wanted, Class<?> found)
      throws Unavailable {
    if (!wanted.isAssignableFrom(found)) {
      throw new Unavailable(
          nameOf(member) + " has the type " + found.getName() + ", not " + wanted.getName(),
          null,
          false);
    }
  }

  private static String nameOf(Member member) {
    return member.getDeclaringClass().getName() + "." + member.getName();
  }

  private static void open(AccessibleObject... members) {
    for (AccessibleObject member : members) {
      member.setAccessible(true);
    }
  }

  private static MethodHandle getter(Field field) throws IllegalAccessException {
    return MethodHandles.lookup()
        .unreflectGetter(field)
        .asType(MethodType.methodType(Object.class, Thread.class));
  }
}
