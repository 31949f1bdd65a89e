package io.loop.stream;

import java.nio.ByteBuffer;

/// Bytes that a transport lends to a [StreamReader], so that they can be received without a copy.
///
/// The reader owns a segment that it was fed with, until a coroutine takes it. Loop thread and
/// coroutines of the loop.
public interface Segment {

  /// {@return how many bytes it has; at least one, until [#moveTo] has taken them}
  int length();

  /// Copies all bytes.
  ///
  /// @param target where to
  /// @param offset the index of the first
  void copyTo(byte[] target, int offset);

  /// Moves its first bytes to a buffer: as many as there is room for, or all. It keeps the rest.
  ///
  /// @param target where to
  /// @return how many
  int moveTo(ByteBuffer target);

  /// {@return the first bytes as a segment that the caller owns; this one keeps the rest}
  ///
  /// @param count how many, less than [#length]
  Segment split(int count);

  /// Gives the bytes back. Called once, unless a coroutine takes the segment.
  void release();
}
