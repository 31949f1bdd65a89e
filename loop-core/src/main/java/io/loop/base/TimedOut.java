package io.loop.base;

import java.util.concurrent.TimeoutException;

/// The exception of a time limit that has expired.
public final class TimedOut {

  private TimedOut() {}

  /// {@return a new exception for a body that its time limit has ended}
  ///
  /// @param cause what the body ended with
  public static TimeoutException because(Throwable cause) {
    var timeout = new TimeoutException("the deadline passed");
    timeout.initCause(cause);
    return timeout;
  }
}
