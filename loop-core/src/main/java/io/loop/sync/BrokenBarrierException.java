package io.loop.sync;

import java.io.Serial;

/// Thrown when a barrier is broken, or is aborted or reset while a task waits.
///
/// Source: `asyncio.BrokenBarrierError`, Python 3.15.
public final class BrokenBarrierException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates an exception.
  ///
  /// @param message what happened to the barrier
  public BrokenBarrierException(String message) {
    super(message);
  }
}
