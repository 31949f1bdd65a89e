package io.loop.event;

import java.io.Serial;

/// The program was interrupted from its terminal.
///
/// One of the two throwables, with [SystemExit], that leave the loop instead of going to its
/// exception handler: thrown by a callback or a coroutine, it comes out of [Loop#runForever], and
/// of `Asyncio.run` and `Runner.run`. If it leaves the thread that called one of these two
/// uncaught, the process ends with exit code 130, by `System.exit` and without a stack trace. A
/// thread with an uncaught exception handler of its own has that called instead.
///
/// Source: Python's `KeyboardInterrupt` as asyncio treats it, Python 3.15.
public final class KeyboardInterrupt extends Error {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it without a message.
  public KeyboardInterrupt() {}

  /// Creates it with the throwable it grew from.
  ///
  /// @param cause what the interrupted program threw
  public KeyboardInterrupt(Throwable cause) {
    super(cause);
  }
}
