package io.loop.coroutine;

import io.loop.coroutine.JdkAccess.Unavailable;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Chooses, once per JVM, how coroutines run.
final class Carriers {

  /*
   * The choice is made in an initializer, which must not fail: a JVM does not try twice, and every
   * later loop would end with a NoClassDefFoundError. What is to be said is said outside of it,
   * when the first coroutine is made. A logger may also come back here, and must find the choice
   * made.
   */

  private static final String WISH = System.getProperty("io.loop.carrier", "auto");

  static final boolean PORTABLE = WISH.equals("portable") || !VirtualThreads.AVAILABLE;

  private static final boolean WISH_GRANTED =
      WISH.equals("portable") || WISH.equals("auto") || (WISH.equals("loop") && !PORTABLE);

  private static final AtomicBoolean TOLD = new AtomicBoolean(!PORTABLE || WISH.equals("portable"));

  private Carriers() {}

  /// Refuses a wish that is unknown or cannot be granted. If the portable carrier is used without
  /// having been asked for, this logs the reason, once.
  ///
  /// @throws IllegalArgumentException if the system property names no carrier
  /// @throws IllegalStateException if it asks for one that this JVM cannot have
  static void requireWishGranted() {
    if (!WISH_GRANTED) {
      refuse();
    }
    if (PORTABLE && !TOLD.get() && TOLD.compareAndSet(false, true)) {
      tell();
    }
  }

  private static void refuse() {
    if (!WISH.equals("loop")) {
      throw new IllegalArgumentException(
          "io.loop.carrier must be loop, portable or auto, not '" + WISH + "'");
    }
    Unavailable fault = VirtualThreads.fault();
    throw new IllegalStateException(
        "io.loop.carrier=loop is not possible: " + reason(fault), fault);
  }

  private static void tell() {
    System.getLogger("io.loop")
        .log(
            Level.WARNING,
            () ->
                "Coroutines run on the slower portable carrier: " + reason(VirtualThreads.fault()));
  }

  /// {@return why there is no fast carrier, and what to do about it}
  static String reason(@Nullable Unavailable fault) {
    if (fault == null) {
      return "it was asked for";
    }
    if (fault.isFlagMissing()) {
      return "the fast one needs the flag --add-opens=java.base/java.lang=" + JdkAccess.opensTo();
    }
    return "the fast one supports JDK 25, and this is "
        + System.getProperty("java.vm.name")
        + " "
        + System.getProperty("java.vm.version")
        + ", where "
        + fault.getMessage();
  }
}
