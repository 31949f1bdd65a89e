package io.loop.sync;

import java.io.Serial;

/// A queue that has no room was given an item at once.
///
/// Source: `asyncio.QueueFull`, Python 3.15.
public final class QueueFullException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what the queue could not do
  public QueueFullException(String message) {
    super(message);
  }
}
