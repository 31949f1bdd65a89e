package io.loop.channel;

import java.io.Serial;

/// Thrown when an item is requested from a channel that has ended: no items are left and no sender
/// is open.
///
/// A `for` loop over the receiver ends normally instead.
///
/// Source: trio's `EndOfChannel`.
public final class EndOfChannelException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message what has ended
  public EndOfChannelException(String message) {
    super(message);
  }
}
