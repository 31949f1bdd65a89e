package io.loop.task;

import java.io.Serial;

/// Thrown when the state of a future does not allow an operation: when its result is read before it
/// is settled, or when it is settled twice.
///
/// Source: `asyncio.InvalidStateError`, Python 3.15.
public final class InvalidStateException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message the operation, and why the state does not allow it
  public InvalidStateException(String message) {
    super(message);
  }
}
