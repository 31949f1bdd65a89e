package io.loop.process;

import java.io.IOException;
import java.io.InputStream;

/// Reads what a child writes, from a pipe of this library. See [PipeEnd] for threads.
final class OwnInput extends InputStream {

  private final PipeEnd end;

  OwnInput(PipeEnd end) {
    this.end = end;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  /// Returns -1 at the end, or if another thread has called [#leave].
  @Override
  public int read(byte[] into, int offset, int length) throws IOException {
    return end.read(into, offset, length);
  }

  /// Makes the reading thread get the end immediately; any thread.
  void leave() {
    end.leave();
  }

  @Override
  public void close() {
    end.close();
  }
}
