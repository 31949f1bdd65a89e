package io.loop.process;

import java.io.IOException;
import java.io.Serial;

/// A signal was sent to a child that has ended, or to a group without processes.
///
/// Source: Python's `ProcessLookupError`.
public final class NoSuchProcessException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it.
  ///
  /// @param message which process or group
  public NoSuchProcessException(String message) {
    super(message);
  }
}
