package io.loop.coroutine;

import java.lang.System.Logger.Level;

/// Chooses, once per JVM, how coroutines run.
final class Carriers {

  static final boolean PORTABLE = choose(System.getProperty("io.loop.carrier", "auto"));

  private Carriers() {}

  private static boolean choose(String wish) {
    return switch (wish) {
      case "auto" -> !VirtualThreads.AVAILABLE && warn();
      case "portable" -> true;
      case "loop" -> {
        if (!VirtualThreads.AVAILABLE) {
          throw new IllegalStateException("io.loop.carrier=loop needs the flag " + flag());
        }
        yield false;
      }
      default ->
          throw new IllegalArgumentException(
              "io.loop.carrier must be loop, portable or auto, not '" + wish + "'");
    };
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
