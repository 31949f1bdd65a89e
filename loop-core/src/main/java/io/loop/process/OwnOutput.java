package io.loop.process;

import java.io.IOException;
import java.io.OutputStream;

/// Writes what a child reads, to a pipe of this library. See [PipeEnd] for threads.
final class OwnOutput extends OutputStream {

  private final PipeEnd end;

  OwnOutput(PipeEnd end) {
    this.end = end;
  }

  @Override
  public void write(int single) throws IOException {
    write(new byte[] {(byte) single}, 0, 1);
  }

  /// Writes everything, or less if another thread calls [#leave].
  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    end.write(from, offset, length);
  }

  /// Waits until another thread calls [#call], or no process can read any more.
  ///
  /// @return whether no process can read any more
  boolean awaitCall() throws IOException {
    return end.awaitCall();
  }

  /// Ends one wait of the thread that writes; any thread.
  void call() {
    end.call();
  }

  /// Makes the writing thread drop the rest; any thread.
  void leave() {
    end.leave();
  }

  @Override
  public void close() {
    end.close();
  }
}
