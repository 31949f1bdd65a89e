package io.loop.task;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// Thrown when an operation was cancelled.
///
/// An [Error], so that a body's `catch (Exception e)` does not swallow a cancellation. Code that
/// catches it should rethrow it or call [Task#uncancel].
///
/// Source: `asyncio.CancelledError`, Python 3.15.
public final class CancelledError extends Error {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an error without a message.
  public CancelledError() {}

  /// Creates an error.
  ///
  /// @param message the message given to `cancel`, if any
  public CancelledError(@Nullable String message) {
    super(message);
  }

  /// Creates an error with the exception through which the cancellation arrived.
  ///
  /// @param message the message given to `cancel`, if any
  /// @param cause the exception, such as that of an interrupted call
  public CancelledError(@Nullable String message, Throwable cause) {
    super(message, cause);
  }
}
