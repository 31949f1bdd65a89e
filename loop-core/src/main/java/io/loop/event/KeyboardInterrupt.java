package io.loop.event;

import java.io.Serial;

/// The program was interrupted from its terminal.
///
/// One of the two throwables, with [SystemExit], that leave the loop instead of going to its
/// exception handler: if a callback or a coroutine throws it, [Loop#runForever], `Asyncio.run` and
/// `Runner.run` throw it. If the thread that called one of the last two does not catch it, the
/// process ends with exit code 130, by `System.exit` and without a stack trace. If that thread has
/// its own uncaught exception handler, the handler is called instead.
///
/// Source: Python's `KeyboardInterrupt` as asyncio treats it, Python 3.15.
public final class KeyboardInterrupt extends Error {
  @Serial private static final long serialVersionUID = 1;

  /// Creates it without a message.
  public KeyboardInterrupt() {}

  /// Creates it with a cause.
  ///
  /// @param cause the exception of the interrupted program
  public KeyboardInterrupt(Throwable cause) {
    super(cause);
  }
}
