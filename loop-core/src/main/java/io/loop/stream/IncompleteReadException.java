package io.loop.stream;

import java.io.EOFException;
import java.io.Serial;
import org.jspecify.annotations.Nullable;

/// The stream ended before the requested bytes had arrived.
///
/// Source: `asyncio.IncompleteReadError`, Python 3.15.
public final class IncompleteReadException extends EOFException {
  @Serial private static final long serialVersionUID = 1;

  /// The bytes that had arrived.
  private final byte[] partial;

  /// The requested number of bytes, or null if a separator was requested.
  private final @Nullable Integer expected;

  IncompleteReadException(byte[] partial, @Nullable Integer expected) {
    super(
        partial.length
            + " bytes read on a total of "
            + (expected == null ? "undefined" : expected)
            + " expected bytes");
    this.partial = partial;
    this.expected = expected;
  }

  /// {@return a copy of the bytes that had arrived}
  public byte[] partial() {
    return partial.clone();
  }

  /// {@return the requested number of bytes, or null if a separator was requested}
  public @Nullable Integer expected() {
    return expected;
  }
}
