package io.loop.sync;

import java.io.Serial;

/// A queue that has nothing was asked for an item at once.
///
/// Source: `asyncio.QueueEmpty`, Python 3.15.
public final class QueueEmptyException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what the queue could not do
  public QueueEmptyException(String message) {
    super(message);
  }
}
