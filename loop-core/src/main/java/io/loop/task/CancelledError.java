package io.loop.task;

import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The operation was cancelled.
///
/// An [Error], so that a body's `catch (Exception e)` does not swallow a cancellation; whoever
/// catches it on purpose throws it on, or calls [Task#uncancel].
///
/// Source: `asyncio.CancelledError`, Python 3.15.
public final class CancelledError extends Error {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it without a message.
  public CancelledError() {}

  /// Creates it.
  ///
  /// @param message what the canceller said, if anything
  public CancelledError(@Nullable String message) {
    super(message);
  }

  /// Creates it with the throwable that carried the cancellation so far.
  ///
  /// @param message what the canceller said, if anything
  /// @param cause what carried it
  public CancelledError(@Nullable String message, Throwable cause) {
    super(message, cause);
  }
}
