package io.loop.stream;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// The separators that one call of `readUntil` looks for, and how far it has searched.
final class Separators {

  // shortest first: if several end at the same byte, the shortest wins
  private final byte[][] patterns;
  private int searched;

  Separators(byte[]... separators) {
    patterns = separators.clone();
    Arrays.sort(patterns, Comparator.comparingInt(pattern -> pattern.length));
    if (patterns.length == 0) {
      throw new IllegalArgumentException("Separator should contain at least one element");
    }
    if (patterns[0].length == 0) {
      throw new IllegalArgumentException("Separator should be at least one-byte string");
    }
  }

  /// Where a separator was found.
  ///
  /// @param start the index of its first byte
  /// @param end the index after its last byte
  record Match(int start, int end) {}

  /// {@return the separator that ends first, or null; the next search skips what this one saw}
  @Nullable Match find(ByteQueue bytes) {
    if (bytes.size() - searched < patterns[0].length) {
      return null; // also if another coroutine took bytes that had been searched, as in asyncio
    }
    Match best = null;
    for (byte[] pattern : patterns) {
      int start = bytes.indexOf(pattern, searched);
      if (start >= 0 && (best == null || start + pattern.length < best.end())) {
        best = new Match(start, start + pattern.length);
      }
    }
    if (best == null) {
      searched = Math.max(0, bytes.size() + 1 - patterns[patterns.length - 1].length);
    }
    return best;
  }

  /// {@return how many bytes cannot be the start of a separator any more}
  int searched() {
    return searched;
  }
}
