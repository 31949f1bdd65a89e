package io.loop.process;

import io.loop.event.Loop;
import io.loop.stream.StreamWriter;
import io.loop.stream.WriteTransport;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Arrays;
import java.util.concurrent.LinkedBlockingQueue;
import org.jspecify.annotations.Nullable;

/// Writes to a pipe, on its own thread, which may block.
final class PipeWriting implements WriteTransport, Runnable {

  /*
   * Blocks go to the thread through a queue, which END ends. `held` counts the bytes that the
   * thread has not written yet. It belongs to the loop, like all fields that are not final or
   * volatile. The thread reports how it ended; the first of that and close() counts.
   *
   * With an OwnOutput the idle thread waits in the pipe, so it also notices when the last reader is
   * gone:
   *
   *   thread                        loop
   *   idle = true                   add to the queue
   *   the queue is empty?           idle?  then call the thread
   *
   * Each side stores, then loads, with volatile accesses, so they cannot both miss.
   */

  static final int HIGH_WATER = 65_536;
  static final int LOW_WATER = HIGH_WATER / 4;
  private static final byte[] END = {};

  private final Loop loop;
  private final OutputStream pipe;
  private final StreamWriter writer;
  private final Runnable ending = this::abandon;
  private final LinkedBlockingQueue<byte[]> blocks = new LinkedBlockingQueue<>();
  private volatile boolean dropping;
  private volatile boolean idle;
  private boolean closing;
  private boolean ended;
  private boolean aborted;
  private boolean paused;
  private long held;

  PipeWriting(Loop loop, OutputStream pipe) {
    this.loop = loop;
    this.pipe = pipe;
    this.writer = new StreamWriter(loop, this, null);
    Children.of(loop).add(ending); // may outlive the child, because a grandchild may still read
  }

  StreamWriter writer() {
    return writer;
  }

  @Override
  public void run() {
    IOException failure = null;
    try (pipe) {
      writeUntilTheEnd();
    } catch (IOException fault) {
      failure = fault;
    }
    IOException cause = failure;
    Pipes.tell(loop, () -> end(cause));
  }

  private void writeUntilTheEnd() throws IOException {
    for (byte[] block; (block = next()) != END && !dropping; ) {
      pipe.write(block);
      pipe.flush();
      int written = block.length;
      Pipes.tell(loop, () -> release(written));
    }
  }

  private byte[] next() throws IOException {
    byte[] block = blocks.poll();
    if (block != null) {
      return block;
    }
    return pipe instanceof OwnOutput own ? nextFor(own) : take();
  }

  /// {@return the next block; END if no process can read it}
  private byte[] nextFor(OwnOutput own) throws IOException {
    idle = true;
    try {
      byte[] block;
      while ((block = blocks.poll()) == null) {
        if (own.awaitCall()) {
          return END;
        }
      }
      return block;
    } finally {
      idle = false;
    }
  }

  private byte[] take() {
    while (true) {
      try {
        return blocks.take();
      } catch (InterruptedException nobodyMeansUs) {
        // the thread is internal, and ended by END
      }
    }
  }

  private void add(byte[] block) {
    blocks.add(block);
    if (idle && pipe instanceof OwnOutput own) {
      own.call();
    }
  }

  private void release(int written) {
    held -= written;
    if (paused && held <= LOW_WATER) {
      paused = false;
      writer.resumeWriting();
    }
  }

  private void end(@Nullable IOException cause) {
    if (ended) {
      return;
    }
    ended = true;
    closing = true;
    Children.of(loop).remove(ending);
    IOException loss = cause;
    if (loss == null && held > 0) {
      loss = new IOException("the child ended before it had read all its input");
    }
    writer.connectionLost(aborted ? null : loss);
  }

  @Override
  public void write(byte[] data, int offset, int length) {
    if (closing) {
      return;
    }
    add(Arrays.copyOfRange(data, offset, offset + length));
    held += length;
    if (!paused && held > HIGH_WATER) {
      paused = true;
      writer.pauseWriting();
    }
  }

  @Override
  public void writeEof() {
    close();
  }

  @Override
  public boolean canWriteEof() {
    return true;
  }

  @Override
  public void close() {
    if (!closing) {
      closing = true;
      add(END);
    }
  }

  /// Bytes that are already in the pipe still reach the child.
  @Override
  public void abort() {
    closing = true;
    aborted = true;
    abandon();
  }

  /// The child has ended; loop's thread. Only for pipes of the JDK: an OwnOutput notices on its own
  /// when no process reads any more.
  void childEnded() {
    if (!(pipe instanceof OwnOutput)) {
      abandon();
    }
  }

  /// Drops unwritten bytes, and ends the writer; loop's thread.
  void drop() {
    abandon();
    end(null);
  }

  /// Lets the thread end; any thread.
  void abandon() {
    dropping = true;
    blocks.add(END);
    if (pipe instanceof OwnOutput own) {
      own.leave();
    }
  }

  @Override
  public boolean isClosing() {
    return closing;
  }

  @Override
  public @Nullable Object getExtraInfo(String name) {
    return null;
  }

  @Override
  public String toString() {
    return "standard input of a child";
  }
}
