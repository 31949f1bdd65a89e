package io.loop.testing;

import java.io.IOException;
import java.io.InputStream;
import java.lang.invoke.MethodHandles;

/// Runs code where no virtual thread can be unmounted: in the initializer of a class.
public final class ClassInitializer {

  private static final ThreadLocal<Runnable> ACTION = new ThreadLocal<>();

  private ClassInitializer() {}

  /// Runs an action in the initializer of a class made for it.
  ///
  /// @throws ExceptionInInitializerError if it throws
  public static void run(Runnable action) throws IOException, IllegalAccessException {
    ACTION.set(action);
    try (InputStream code =
        ClassInitializer.class.getResourceAsStream("ClassInitializer$Copied.class")) {
      MethodHandles.lookup().defineHiddenClass(code.readAllBytes(), true);
    } finally {
      ACTION.remove();
    }
  }

  static Runnable action() {
    return ACTION.get();
  }

  /// Never initialized itself: a class is initialized once, and so each run makes a copy of it.
  static final class Copied {
    static {
      action().run();
    }
  }
}
