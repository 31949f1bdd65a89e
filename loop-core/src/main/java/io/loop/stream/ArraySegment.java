package io.loop.stream;

import java.nio.ByteBuffer;

/// Bytes of a reader's own, as a segment.
///
/// @param bytes the bytes, all of them
@SuppressWarnings("ArrayRecordComponent") // never compared
record ArraySegment(byte[] bytes) implements Segment {

  @Override
  public int length() {
    return bytes.length;
  }

  @Override
  public void copyTo(byte[] target, int offset) {
    System.arraycopy(bytes, 0, target, offset, bytes.length);
  }

  @Override
  public int moveTo(ByteBuffer target) {
    throw new UnsupportedOperationException("it belongs to its receiver and keeps its bytes");
  }

  @Override
  public Segment split(int count) {
    throw new UnsupportedOperationException("it belongs to its receiver and is not split");
  }

  @Override
  public void release() {}
}
