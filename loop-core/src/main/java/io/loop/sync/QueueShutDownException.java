package io.loop.sync;

import java.io.Serial;

/// A queue that is shut down was given an item, or asked for one when it had none left.
///
/// Source: `asyncio.QueueShutDown`, Python 3.15.
public final class QueueShutDownException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what the queue could not do
  public QueueShutDownException(String message) {
    super(message);
  }
}
