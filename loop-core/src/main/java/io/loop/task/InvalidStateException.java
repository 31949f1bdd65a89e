package io.loop.task;

import java.io.Serial;

/// A future was asked for something its state does not allow: a result it has not got, or a second
/// one.
///
/// Source: `asyncio.InvalidStateError`, Python 3.15.
public final class InvalidStateException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what was asked and why it cannot be
  public InvalidStateException(String message) {
    super(message);
  }
}
