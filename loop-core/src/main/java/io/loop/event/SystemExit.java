package io.loop.event;

import java.io.Serial;

/// A request of the program to exit with an exit code.
///
/// One of the two throwables, with [KeyboardInterrupt], that leave the loop instead of going to its
/// exception handler: if a callback or a coroutine throws it, [Loop#runForever], `Asyncio.run` and
/// `Runner.run` throw it. If the thread that called one of the last two does not catch it, the
/// process ends with its exit code, by `System.exit` and without a stack trace. If that thread has
/// its own uncaught exception handler, the handler is called instead.
///
/// Source: Python's `SystemExit` as asyncio treats it, Python 3.15.
public final class SystemExit extends Error {
  @Serial private static final long serialVersionUID = 1;

  /// The requested exit code.
  private final int code;

  /// Creates it.
  ///
  /// @param code the requested exit code
  public SystemExit(int code) {
    super("exit code " + code);
    this.code = code;
  }

  /// {@return the requested exit code}
  public int code() {
    return code;
  }
}
