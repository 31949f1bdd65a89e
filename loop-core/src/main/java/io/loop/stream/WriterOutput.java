package io.loop.stream;

import java.io.IOException;
import java.io.OutputStream;

/// Adapts a writer to a blocking stream.
final class WriterOutput extends OutputStream {

  private final StreamWriter writer;
  private boolean closed;

  WriterOutput(StreamWriter writer) {
    this.writer = writer;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] data, int offset, int length) throws IOException {
    requireOpen();
    writer.write(data, offset, length);
    writer.drain();
  }

  @Override
  public void flush() throws IOException {
    requireOpen();
    writer.drain();
  }

  private void requireOpen() throws IOException {
    if (closed) {
      throw new IOException("the stream is closed");
    }
  }

  @Override
  public void close() throws IOException {
    if (!closed) {
      closed = true;
      writer.drain();
    }
  }
}
