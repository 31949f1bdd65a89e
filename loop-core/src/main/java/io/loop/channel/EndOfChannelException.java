package io.loop.channel;

import java.io.Serial;

/// A channel was asked for an item, but has none left, and nobody can send another one.
///
/// A `for` loop over the receiver ends instead.
///
/// Source: trio's `EndOfChannel`.
public final class EndOfChannelException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what has ended
  public EndOfChannelException(String message) {
    super(message);
  }
}
