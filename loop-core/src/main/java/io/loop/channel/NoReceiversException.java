package io.loop.channel;

import java.io.Serial;

/// Thrown when an item is sent on a channel whose receivers are all closed.
///
/// Source: trio's `BrokenResourceError`; tokio's `SendError`.
public final class NoReceiversException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message what could not be sent
  public NoReceiversException(String message) {
    super(message);
  }
}
