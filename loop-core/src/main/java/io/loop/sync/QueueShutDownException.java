package io.loop.sync;

import java.io.Serial;

/// Thrown when an item is put into a queue that is shut down, or requested from one that is also
/// empty.
///
/// Source: `asyncio.QueueShutDown`, Python 3.15.
public final class QueueShutDownException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message what the queue could not do
  public QueueShutDownException(String message) {
    super(message);
  }
}
