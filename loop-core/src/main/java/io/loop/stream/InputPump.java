package io.loop.stream;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// Feeds a reader from a blocking stream: one block each time a coroutine waits.
///
/// Loop thread and coroutines of the loop only; the stream is read on the default executor.
final class InputPump implements ReadTransport {

  private static final int BLOCK = 8_192;

  private final Loop loop;
  private final InputStream in;
  private final ReaderState reader;
  private boolean reading;

  InputPump(Loop loop, InputStream in, ReaderState reader) {
    this.loop = loop;
    this.in = in;
    this.reader = reader;
  }

  @Override
  public void pauseReading() {
    // a block that is being read still arrives
  }

  @Override
  public void resumeReading() {
    if (!reading) {
      submit().addDoneCallback(this::feed);
      reading = true;
    }
  }

  private LoopFuture<@Nullable ByteBuffer> submit() {
    try {
      return Tasks.runInExecutor(loop, null, this::readBlock);
    } catch (Throwable refused) {
      reader.pause(); // the next read tries again
      throw refused;
    }
  }

  private @Nullable ByteBuffer readBlock() throws IOException {
    var block = new byte[BLOCK];
    int count = in.read(block);
    if (count == 0) { // against the contract; read() waits for a single byte nevertheless
      int single = in.read();
      block[0] = (byte) single;
      count = single < 0 ? -1 : 1;
    }
    return count < 0 ? null : ByteBuffer.wrap(block, 0, count);
  }

  private void feed(LoopFuture<@Nullable ByteBuffer> done) {
    reading = false;
    reader.pause();
    if (done.isCancelled()) {
      reader.fail(new IOException("reading was cancelled"));
    } else if (done.exception() != null) {
      reader.fail(done.exception());
    } else if (done.result() == null) {
      reader.end();
    } else {
      reader.feed(done.result());
    }
  }
}
