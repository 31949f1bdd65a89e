package io.loop.process;

import java.io.IOException;
import java.io.OutputStream;

/// What a child reads, into a pipe of ours. See [PipeEnd] for threads.
final class OwnOutput extends OutputStream {

  private final PipeEnd end;

  OwnOutput(PipeEnd end) {
    this.end = end;
  }

  @Override
  public void write(int single) throws IOException {
    write(new byte[] {(byte) single}, 0, 1);
  }

  /// Writes all, or less if another thread says [#leave].
  @Override
  public void write(byte[] from, int offset, int length) throws IOException {
    end.write(from, offset, length);
  }

  /// Waits until another thread calls, or nobody can read any more.
  ///
  /// @return whether nobody can
  boolean awaitCall() throws IOException {
    return end.awaitCall();
  }

  /// Ends one wait of the thread that writes; any thread.
  void call() {
    end.call();
  }

  /// Has the thread that writes drop what is left; any thread.
  void leave() {
    end.leave();
  }

  @Override
  public void close() {
    end.close();
  }
}
