package io.loop.netty.transport;

import io.netty.util.internal.PlatformDependent;
import io.netty.util.internal.SystemPropertyUtil;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// Why a native transport cannot be used, and what to do about it.
final class Obstacle {

  /*
   * A transport's library is in its own jar, one for each system and processor. Netty writes it to
   * a folder and loads it from there. There are several ways to fail: the jar is missing; it is a
   * module that no other module requires, so neither the launcher nor jlink resolves it; native
   * access is denied; the folder cannot be written to, or its files cannot be executed.
   */

  private static final System.Logger LOG = System.getLogger("io.loop");
  private static final AtomicBoolean TOLD = new AtomicBoolean();

  private static final String LIBRARIES = "META-INF/native/";
  private static final List<String> NOT_EXECUTED =
      List.of("failed to map segment", "Permission denied", "Operation not permitted");

  private Obstacle() {}

  /// Logs, once, why NIO was chosen on a system for which Netty has a better transport.
  static void tellOfNio() {
    Transport better = better();
    if (better != null
        && !SystemPropertyUtil.getBoolean("io.netty.transport.noNative", false)
        && !TOLD.getAndSet(true)) {
      LOG.log(
          System.Logger.Level.INFO,
          "Using the transport nio, because " + better + " is not available: " + text(better));
    }
  }

  /// {@return the transport for which Netty has a library for this system}
  private static @Nullable Transport better() {
    List<String> processors =
        switch (PlatformDependent.normalizedOs()) {
          case "linux" -> List.of("x86_64", "aarch_64", "riscv64");
          case "osx" -> List.of("x86_64", "aarch_64");
          default -> List.of();
        };
    if (!processors.contains(PlatformDependent.normalizedArch())) {
      return null;
    }
    return PlatformDependent.isOsx() ? Transport.KQUEUE : Transport.EPOLL;
  }

  /// {@return why a transport is not available, and what to do about it if anything can be done}
  static String text(Transport transport) {
    Throwable cause = initial(transport.unavailabilityCause());
    if (cause == null) {
      return "no reason is known";
    }
    Throwable inner = cause.getCause();
    if (inner != null && String.valueOf(inner.getMessage()).startsWith(LIBRARIES)) {
      return "its library is missing. " + whereToAddIt(transport);
    }
    String reason = inner == null ? reason(cause) : reason(cause) + " (" + reason(inner) + ")";
    if (inner instanceof IllegalCallerException) {
      return reason + ". Start java with --enable-native-access=" + caller();
    }
    return isForWantOfAFolder(cause, inner)
        ? reason
            + ". Name a folder where files can be written and executed, with"
            + " -Dio.netty.native.workdir"
        : reason;
  }

  /// {@return the failure of the first Netty class, which the JVM has wrapped}
  private static @Nullable Throwable initial(@Nullable Throwable failure) {
    Throwable cause = failure;
    while (cause instanceof LinkageError && !(cause instanceof UnsatisfiedLinkError)) {
      Throwable inner = cause.getCause();
      if (inner == null) {
        return cause;
      }
      cause = inner;
    }
    return cause;
  }

  private static String whereToAddIt(Transport transport) {
    String dependency =
        "io.netty:netty-transport-native-" + transport + " with the classifier " + classifier();
    return isModule()
        ? "Start java with --add-modules "
            + module(transport)
            + ", and with the dependency "
            + dependency
            + " on the module path; an image made with jlink must contain that module, too"
        : "Add the dependency " + dependency + " to the class path";
  }

  /// Netty cannot write the library to its folder, or cannot execute it there.
  private static boolean isForWantOfAFolder(Throwable cause, @Nullable Throwable inner) {
    String folder = System.getProperty("io.netty.native.workdir");
    return cause instanceof UnsatisfiedLinkError
        ? inner instanceof IOException || NOT_EXECUTED.stream().anyMatch(reason(cause)::contains)
        : folder != null && !Files.isDirectory(Path.of(folder));
  }

  private static String caller() {
    return isModule() ? "io.netty.common" : "ALL-UNNAMED";
  }

  private static boolean isModule() {
    return Obstacle.class.getModule().isNamed();
  }

  private static String reason(Throwable cause) {
    return cause.getMessage() == null ? cause.toString() : cause.getMessage();
  }

  private static String classifier() {
    return PlatformDependent.normalizedOs() + "-" + PlatformDependent.normalizedArch();
  }

  private static String module(Transport transport) {
    return transport == Transport.IO_URING
        ? "io.netty.transport.io_uring.linux.x86_64" // the same for every processor, in 4.2
        : "io.netty.transport." + transport + "." + classifier().replace('-', '.');
  }
}
