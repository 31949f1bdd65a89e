package io.loop.signal;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/// An operating system signal that the JVM can deliver to this library.
enum OsSignal {
  /// The terminal's interrupt key.
  INT(2),
  /// A request to terminate.
  TERM(15);

  /*
   * The JVM's only interface to signals is sun.misc.Signal. Any reference to it causes a compiler
   * warning that cannot be suppressed, so it is accessed by reflection. On a JVM without it, or one
   * started with -Xrs, no signals are delivered.
   */

  private final int number;

  OsSignal(int number) {
    this.number = number;
  }

  /// {@return the exit code of a process that this signal terminated}
  int exitCode() {
    return 128 + number;
  }

  /// Installs a handler for a signal.
  ///
  /// @param name the signal's name, without `SIG`
  /// @param receiver what to call on a JVM thread each time the signal arrives
  /// @return restores the previous handler
  /// @throws IllegalArgumentException if there is no such signal, or the JVM reserves it
  static Runnable take(String name, Runnable receiver) {
    try {
      Class<?> signalType = Class.forName("sun.misc.Signal");
      Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
      Method handle = signalType.getMethod("handle", signalType, handlerType);
      Object signal = signalType.getConstructor(String.class).newInstance(name);
      Object before = handle.invoke(null, signal, handlerFor(handlerType, receiver));
      return () -> putBack(handle, signal, before);
    } catch (ReflectiveOperationException absentOrReserved) {
      throw new IllegalArgumentException(
          "the signal '" + name + "' is unknown on this system, or cannot be caught",
          absentOrReserved);
    }
  }

  private static Object handlerFor(Class<?> type, Runnable receiver) {
    return Proxy.newProxyInstance(
        type.getClassLoader(),
        new Class<?>[] {type},
        (self, method, arguments) ->
            switch (method.getName()) {
              case "handle" -> {
                receiver.run();
                yield null;
              }
              case "equals" -> self == arguments[0];
              case "hashCode" -> System.identityHashCode(self);
              default -> "signal handler of " + receiver;
            });
  }

  private static void putBack(Method handle, Object signal, Object before) {
    try {
      handle.invoke(null, signal, before);
    } catch (IllegalAccessException | InvocationTargetException fault) {
      throw new IllegalStateException("could not restore the handler of " + signal, fault);
    }
  }
}
