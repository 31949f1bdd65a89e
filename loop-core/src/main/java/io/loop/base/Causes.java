package io.loop.base;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Searches the chain of an exception's causes.
///
/// Nothing prevents causes from forming a cycle, so each exception is visited once.
public final class Causes {

  private Causes() {}

  /// {@return whether an exception is `origin`, or has it as a cause}
  ///
  /// @param fault the exception
  /// @param origin the one to look for
  public static boolean contains(Throwable fault, Throwable origin) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    for (@Nullable Throwable cause = fault;
        cause != null && seen.add(cause);
        cause = cause.getCause()) {
      if (cause == origin) {
        return true;
      }
    }
    return false;
  }

  /// {@return the first cause of a given type, or null if there is none} The exception itself does
  /// not count.
  ///
  /// @param fault the exception
  /// @param type the type to look for
  /// @param <X> the type to look for
  public static <X extends Throwable> @Nullable X find(Throwable fault, Class<X> type) {
    Set<Throwable> seen = Collections.newSetFromMap(new IdentityHashMap<>());
    seen.add(fault);
    for (Throwable cause = fault.getCause();
        cause != null && seen.add(cause);
        cause = cause.getCause()) {
      if (type.isInstance(cause)) {
        return type.cast(cause);
      }
    }
    return null;
  }
}
