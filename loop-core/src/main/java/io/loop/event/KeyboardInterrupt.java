package io.loop.event;

import java.io.Serial;

/// The program was interrupted from its terminal.
///
/// One of the two throwables, with [SystemExit], that leave the loop instead of going to its
/// exception handler: thrown by a callback or a coroutine, it comes out of [Loop#runForever].
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
