package io.loop.netty.base;

import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Recognises failures which mean that the system or this process has run out of a resource.
public final class Exhaustion {

  /*
   * Native transports report the system's error number, NIO its text. The numbers are those of
   * Linux, macOS and the BSDs: EMFILE, ENFILE, ENOMEM, and ENOBUFS, which is 105 on Linux and 55
   * elsewhere.
   */

  private static final List<Integer> NUMBERS = List.of(-24, -23, -12, -105, -55);
  private static final List<String> TEXTS =
      List.of("Too many open files", "No buffer space available", "Cannot allocate memory");
  private static final int DEEPEST = 16;

  private Exhaustion() {}

  public static boolean isCauseOf(Throwable fault) {
    return find(fault) != null;
  }

  /// {@return the exhausted resource, in the system's words if there are any}
  public static String nameOf(Throwable fault) {
    Throwable found = Objects.requireNonNullElse(find(fault), fault);
    String text = String.valueOf(found.getMessage());
    return TEXTS.stream().filter(text::contains).findFirst().orElse(text);
  }

  private static @Nullable Throwable find(Throwable fault) {
    Throwable each = fault;
    for (int depth = 0; each != null && depth < DEEPEST; depth++) { // causes may form a cycle
      if (isExhaustion(each)) {
        return each;
      }
      each = each.getCause();
    }
    return null;
  }

  private static boolean isExhaustion(Throwable fault) {
    return switch (fault) {
      case OutOfMemoryError _ -> true;
      case Errors.NativeIoException told -> NUMBERS.contains(told.expectedErr());
      case IOException told -> TEXTS.stream().anyMatch(String.valueOf(told.getMessage())::contains);
      default -> false;
    };
  }
}
