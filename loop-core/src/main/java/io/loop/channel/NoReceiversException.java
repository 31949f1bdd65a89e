package io.loop.channel;

import java.io.Serial;

/// An item was sent on a channel whose receivers are all closed. Nobody can receive it.
///
/// Source: trio's `BrokenResourceError`; tokio's `SendError`.
public final class NoReceiversException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what could not be sent
  public NoReceiversException(String message) {
    super(message);
  }
}
