package io.loop;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;

/// A signal of the operating system that this JVM can be told to hand to us.
enum OsSignal {
  /// The terminal's interrupt key.
  INT(2),
  /// A polite request to end.
  TERM(15);

  /*
   * The JVM's only door is sun.misc.Signal, whose very mention is a compiler warning that cannot be
   * turned off. It is reached by name; a JVM without it, or one told to leave signals alone (-Xrs),
   * simply has no signals for us.
   */

  private final int number;

  OsSignal(int number) {
    this.number = number;
  }

  /// {@return the exit code of a process that this signal ended}
  int exitCode() {
    return 128 + number;
  }

  /// Takes any signal over.
  ///
  /// @param name its name, without `SIG`
  /// @param receiver what to call, on a thread of the JVM's own, each time it comes
  /// @return puts back what was there before
  /// @throws IllegalArgumentException if there is no such signal, or this JVM does not give it away
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
          "the signal '" + name + "' is unknown here, or cannot be caught", absentOrReserved);
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
      throw new IllegalStateException("could not put back the handler of " + signal, fault);
    }
  }
}
