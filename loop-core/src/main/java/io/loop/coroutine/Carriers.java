package io.loop.coroutine;

import java.lang.System.Logger.Level;

/// Chooses, once per JVM, how coroutines run.
final class Carriers {

  private static final String WISH = System.getProperty("io.loop.carrier", "auto");

  static final boolean PORTABLE =
      WISH.equals("portable") || (WISH.equals("auto") && !VirtualThreads.AVAILABLE && warn());

  private Carriers() {}

  /// Refuses a wish that is unknown or cannot be granted; not in a static initializer, where the
  /// message would be lost.
  static void requireWishGranted() {
    if (!WISH.equals("auto") && !WISH.equals("portable") && !WISH.equals("loop")) {
      throw new IllegalArgumentException(
          "io.loop.carrier must be loop, portable or auto, not '" + WISH + "'");
    }
    if (!PORTABLE && !VirtualThreads.AVAILABLE) {
      throw new IllegalStateException("io.loop.carrier=loop needs the flag " + flag());
    }
  }

  private static boolean warn() {
    System.getLogger("io.loop")
        .log(
            Level.WARNING,
            "Coroutines run on the slower portable carrier; start java with {0} for the fast one",
            flag());
    return true;
  }

  private static String flag() {
    Module module = Carriers.class.getModule();
    return "--add-opens java.base/java.lang="
        + (module.isNamed() ? module.getName() : "ALL-UNNAMED");
  }
}
