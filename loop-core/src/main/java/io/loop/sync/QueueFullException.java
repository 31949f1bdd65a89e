package io.loop.sync;

import java.io.Serial;

/// Thrown by [Queue#putNowait] when the queue is full.
///
/// Source: `asyncio.QueueFull`, Python 3.15.
public final class QueueFullException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message what the queue could not do
  public QueueFullException(String message) {
    super(message);
  }
}
