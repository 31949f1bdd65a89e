package io.loop.process;

import io.loop.event.Loop;
import io.loop.stream.ReadTransport;
import io.loop.stream.StreamReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// Feeds a reader from a pipe, on its own thread, which may block.
final class PipeReading implements ReadTransport, Runnable {

  /*
   *   thread: await the turn, read a block, hand it over
   *   loop:   feed the block, give the next turn unless the reader has paused
   *
   * So at most one block is in transit. A paused reader stops the thread, then the pipe, then the
   * child. `paused`, `turnOwed` and `ended` belong to the loop.
   *
   * close() ends the reader immediately. The thread ends too if the pipe is an OwnInput. In a pipe
   * of the JDK it waits until every process that can write has ended.
   */

  private static final int BLOCK = 65_536;
  private static final byte[] NOTHING = {};

  private final Loop loop;
  private final InputStream pipe;
  private final StreamReader reader;
  private final Runnable ending = this::abandon;
  private final Semaphore turns = new Semaphore(1);
  private volatile boolean abandoned;
  private byte[] whole = NOTHING; // what readAll() has read and takeAll() has not taken
  private boolean paused;
  private boolean turnOwed;
  private boolean ended;

  PipeReading(Loop loop, InputStream pipe, int limit) {
    this.loop = loop;
    this.pipe = pipe;
    this.reader = new StreamReader(loop, limit);
    reader.setTransport(this);
    Children.of(loop).add(ending); // may outlive the child, whose output may still be unread
  }

  StreamReader reader() {
    return reader;
  }

  /// {@return everything up to the end} Suspends. The bytes are kept until [#takeAll], in case the
  /// caller is cancelled and calls this again.
  byte[] readAll() throws IOException {
    byte[] rest = reader.read();
    if (rest.length > 0) {
      byte[] both = Arrays.copyOf(whole, whole.length + rest.length);
      System.arraycopy(rest, 0, both, whole.length, rest.length);
      whole = both;
    }
    return whole;
  }

  /// {@return what [#readAll] has read} The bytes are not kept any longer.
  byte[] takeAll() {
    byte[] taken = whole;
    whole = NOTHING;
    return taken;
  }

  @Override
  public void run() {
    byte[] block = new byte[BLOCK];
    try (pipe) {
      turns.acquireUninterruptibly();
      for (int n; !abandoned && (n = pipe.read(block)) >= 0; ) {
        byte[] data = Arrays.copyOf(block, n);
        if (!Pipes.tell(loop, () -> feed(data))) {
          return;
        }
        turns.acquireUninterruptibly();
      }
      Pipes.tell(loop, () -> end(null));
    } catch (IOException fault) {
      Pipes.tell(loop, () -> end(fault));
    }
  }

  private void feed(byte[] data) {
    if (ended) {
      return;
    }
    reader.feedData(ByteBuffer.wrap(data));
    if (paused) {
      turnOwed = true;
    } else {
      turns.release();
    }
  }

  private void end(@Nullable IOException fault) {
    if (ended) {
      return;
    }
    ended = true;
    Children.of(loop).remove(ending);
    if (fault == null) {
      reader.feedEof();
    } else {
      reader.setException(fault);
    }
  }

  /// Ends the reader, after the bytes it has; loop's thread.
  void close() {
    abandon();
    end(null);
  }

  /// Lets the thread end; any thread.
  void abandon() {
    abandoned = true;
    turns.release();
    if (pipe instanceof OwnInput own) {
      own.leave();
    }
  }

  @Override
  public void pauseReading() {
    paused = true;
  }

  @Override
  public void resumeReading() {
    paused = false;
    if (turnOwed) {
      turnOwed = false;
      turns.release();
    }
  }

  static @Nullable StreamReader readerOf(@Nullable PipeReading reading) {
    return reading == null ? null : reading.reader;
  }
}
