package io.loop.task;

import io.loop.base.Throwing;
import io.loop.event.MemoryReserve;
import org.jspecify.annotations.Nullable;

/// What a settled future holds, and how it is read.
final class Outcome {

  /*
   * An outcome is one of four objects. There is no wrapper around a value, so settling a future
   * with one allocates nothing.
   *
   *   a value        the value itself
   *   null           NULL
   *   a failure      a Failure
   *   cancelled      a Cancelled
   */

  private static final Object NULL = new Object();

  /// The outcome of a future that was cancelled.
  static final class Cancelled {
    private static final Cancelled SILENT = new Cancelled(null, null);

    private final @Nullable String message;
    private @Nullable CancelledError original;

    private Cancelled(@Nullable String message, @Nullable CancelledError original) {
      this.message = message;
      this.original = original;
    }

    /// {@return a new outcome; without message and original if memory has run out}
    static Cancelled of(@Nullable String message, @Nullable CancelledError original) {
      try {
        return new Cancelled(message, original);
      } catch (OutOfMemoryError full) {
        MemoryReserve.useAfter(full);
        return SILENT;
      }
    }

    @Nullable String message() {
      return message;
    }

    /// {@return the error that a task ended with, for the first caller; a new error for later ones}
    CancelledError error() {
      CancelledError first = original;
      original = null;
      return first != null ? first : new CancelledError(message);
    }
  }

  private Outcome() {}

  static Object ofValue(@Nullable Object value) {
    return value == null ? NULL : value;
  }

  /// {@return the value; throws the exception of any other outcome, undeclared}
  static @Nullable Object result(Object settled) {
    if (settled instanceof Failure failure) {
      throw Throwing.rethrow(failure.read());
    }
    if (settled instanceof Cancelled cancelled) {
      throw cancelled.error();
    }
    return settled == NULL ? null : settled;
  }

  /// {@return the exception of a failure; null for a value} Throws that of a cancellation.
  static @Nullable Throwable exception(Object settled) {
    if (settled instanceof Cancelled cancelled) {
      throw cancelled.error();
    }
    return settled instanceof Failure failure ? failure.read() : null;
  }

  /// {@return what [#result] throws; null for a value, or if nothing is settled}
  static @Nullable Throwable throwable(@Nullable Object settled) {
    if (settled instanceof Failure failure) {
      return failure.read();
    }
    return settled instanceof Cancelled cancelled ? cancelled.error() : null;
  }

  /// {@return the text for a description}
  static String text(@Nullable Object settled) {
    return switch (settled) {
      case null -> "pending";
      case Failure failure -> "finished exception=" + Repr.value(failure.cause());
      case Cancelled _ -> "cancelled";
      case Object value -> "finished result=" + Repr.value(value == NULL ? null : value);
    };
  }
}
