package io.loop.sync;

import java.io.Serial;

/// A barrier was aborted or reset while a task waited for it, or is broken.
///
/// Source: `asyncio.BrokenBarrierError`, Python 3.15.
public final class BrokenBarrierException extends IllegalStateException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message what happened to the barrier
  public BrokenBarrierException(String message) {
    super(message);
  }
}
