package io.loop.coroutine;

import io.loop.coroutine.JdkAccess.Unavailable;
import java.lang.System.Logger.Level;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Chooses the carrier of coroutines, once per JVM.
final class Carriers {

  /*
   * The choice is made in an initializer, which must not fail: a JVM does not try twice, and every
   * later loop would fail with a NoClassDefFoundError. Messages are logged outside of it, when the
   * first coroutine is created. A logger may also call back here, and must find the choice made.
   */

  private static final String WISH = System.getProperty("io.loop.carrier", "auto");

  static final boolean PORTABLE = WISH.equals("portable") || !VirtualThreads.AVAILABLE;

  private static final boolean WISH_GRANTED =
      WISH.equals("portable") || WISH.equals("auto") || (WISH.equals("loop") && !PORTABLE);

  private static final AtomicBoolean TOLD = new AtomicBoolean(!PORTABLE || WISH.equals("portable"));

  private Carriers() {}

  /// Refuses a system property that is unknown or not supported. If the portable carrier is used
  /// although it was not selected, this logs the reason, once.
  ///
  /// @throws IllegalArgumentException if the system property is not the name of a carrier
  /// @throws IllegalStateException if it selects a carrier that this JVM does not support
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

  /// {@return why the fast carrier is not available, and what to do about it}
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
