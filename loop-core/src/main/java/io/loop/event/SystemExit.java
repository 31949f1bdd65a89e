package io.loop.event;

import java.io.Serial;

/// The program asks to end with an exit code.
///
/// One of the two throwables, with [KeyboardInterrupt], that leave the loop instead of going to its
/// exception handler: thrown by a callback or a coroutine, it comes out of [Loop#runForever]. It
/// does not end the JVM by itself; a `main` that wants that catches it and calls `System.exit`.
///
/// Source: Python's `SystemExit` as asyncio treats it, Python 3.15.
public final class SystemExit extends Error {
  @Serial private static final long serialVersionUID = 1;

  /// The exit code asked for.
  private final int code;

  /// Creates it.
  ///
  /// @param code the exit code asked for
  public SystemExit(int code) {
    super("exit code " + code);
    this.code = code;
  }

  /// {@return the exit code asked for}
  public int code() {
    return code;
  }
}
