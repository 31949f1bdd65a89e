package io.loop.event;

import java.io.Serial;

/// The program asks to end with an exit code.
///
/// One of the two throwables, with [KeyboardInterrupt], that leave the loop instead of going to its
/// exception handler: thrown by a callback or a coroutine, it comes out of [Loop#runForever], and
/// of `Asyncio.run` and `Runner.run`. If it leaves the thread that called one of these two
/// uncaught, the process ends with its code, by `System.exit` and without a stack trace. A thread
/// with an uncaught exception handler of its own has that called instead.
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
