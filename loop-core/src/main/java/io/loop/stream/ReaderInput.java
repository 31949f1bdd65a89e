package io.loop.stream;

import java.io.IOException;
import java.io.InputStream;
import java.util.Objects;

/// Adapts a reader to a blocking stream.
final class ReaderInput extends InputStream {

  private final StreamReader reader;
  private final byte[] single = new byte[1];
  private boolean closed;

  ReaderInput(StreamReader reader) {
    this.reader = reader;
  }

  @Override
  public int read() throws IOException {
    return read(single, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(single[0]);
  }

  @Override
  public int read(byte[] target, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, target.length);
    requireOpen();
    return length == 0 ? 0 : reader.read(target, offset, length);
  }

  @Override
  public int available() throws IOException {
    requireOpen();
    return reader.buffered();
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
