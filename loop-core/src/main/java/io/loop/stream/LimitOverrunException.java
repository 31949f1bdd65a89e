package io.loop.stream;

import java.io.IOException;
import java.io.Serial;

/// No separator was found within a reader's limit. The bytes are still in the buffer.
///
/// Source: `asyncio.LimitOverrunError`, Python 3.15.
public final class LimitOverrunException extends IOException {
  @Serial private static final long serialVersionUID = 1;

  /// How many bytes to read to get past them.
  private final int consumed;

  LimitOverrunException(String message, int consumed) {
    super(message);
    this.consumed = consumed;
  }

  /// {@return how many bytes to read to get past the overrun}
  public int consumed() {
    return consumed;
  }
}
