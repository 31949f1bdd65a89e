package io.loop.netty.connection;

import io.loop.stream.Segment;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/// A buffer that Netty has read, as a segment of a stream.
///
/// @param buffer the buffer; the owner of the segment owns it
public record BufferSegment(ByteBuf buffer) implements Segment {

  @Override
  public int length() {
    return buffer.readableBytes();
  }

  @Override
  public void copyTo(byte[] target, int offset) {
    buffer.getBytes(buffer.readerIndex(), target, offset, buffer.readableBytes());
  }

  @Override
  public int moveTo(ByteBuffer target) {
    int count = Math.min(buffer.readableBytes(), target.remaining());
    int limit = target.limit();
    try {
      buffer.readBytes(target.limit(target.position() + count));
    } finally {
      target.limit(limit);
    }
    return count;
  }

  @Override
  public Segment split(int count) {
    return new BufferSegment(buffer.readRetainedSlice(count));
  }

  @Override
  public void release() {
    buffer.release();
  }
}
