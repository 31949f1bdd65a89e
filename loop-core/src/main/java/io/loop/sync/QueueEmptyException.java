package io.loop.sync;

import java.io.Serial;

/// Thrown by [Queue#getNowait] when the queue is empty.
///
/// Source: `asyncio.QueueEmpty`, Python 3.15.
public final class QueueEmptyException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message what the queue could not do
  public QueueEmptyException(String message) {
    super(message);
  }
}
