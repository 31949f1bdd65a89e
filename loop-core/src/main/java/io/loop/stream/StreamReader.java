package io.loop.stream;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The receiving side of a connection, for one coroutine at a time.
///
/// Loop thread and coroutines of the loop only. A read suspends only if the data it needs has not
/// arrived, and is a cancellation point only then. A cancelled read takes nothing. Returned arrays
/// belong to the caller. Iterating returns the lines, as [#readLine] does, until the end.
///
/// Only one coroutine can wait. A second one that would have to wait gets an
/// [IllegalStateException], even if the first has been woken and has not resumed yet. The second
/// may take bytes that have arrived; the first then waits for more.
///
/// After a failure of the connection every read throws it, even if unread bytes are buffered, as in
/// asyncio.
///
/// Source: `asyncio.StreamReader`, Python 3.15.
public final class StreamReader implements Iterable<byte[]> {

  /*
   * The transport feeds, the coroutine takes. Above twice the limit the transport is paused, at or
   * below the limit it is resumed. A read that has to wait while the transport is paused resumes
   * it, because it needs more than fits.
   *
   * A transport that ends gracefully lets the current message be completed. So the input ends
   * between messages: when a coroutine waits and no byte is buffered. Before that, the transport is
   * paused, except while a read waits for the rest of a message.
   *
   * The file is long because every way of reading uses the same bytes, end and failure.
   *
   * `waiter` is the one coroutine that waits for data, the end, or a failure. When it resumes it
   * checks all three again: another coroutine may have taken the data, and the connection may have
   * failed after it was woken. The field is cleared when it resumes, not when it is woken: before
   * that no other coroutine may wait.
   */

  /// The default limit of a reader: 64 KiB.
  public static final int DEFAULT_LIMIT = 65_536;

  private static final byte[] NEWLINE = {'\n'};
  private static final byte[] NOTHING = {};

  private final Loop loop;
  private final int limit;
  private final ByteQueue bytes = new ByteQueue();
  private @Nullable ReadTransport transport;
  private @Nullable LoopFuture<@Nullable Void> waiter;
  private @Nullable Throwable failure;
  private boolean eof;
  private boolean ending;
  private boolean paused;
  private boolean collecting; // in read(), which has already taken a part
  private boolean segmented; // a coroutine takes segments
  private boolean onDemand; // resumed only while a coroutine waits

  /// Creates a reader.
  ///
  /// @param loop its loop
  /// @param limit the length of the longest line or separated chunk, in bytes, without the
  ///   separator; the transport is paused above twice the limit
  /// @throws IllegalArgumentException if the limit is not positive
  public StreamReader(Loop loop, int limit) {
    if (limit <= 0) {
      throw new IllegalArgumentException("Limit cannot be <= 0, and is " + limit);
    }
    this.loop = loop;
    this.limit = limit;
  }

  /// {@return a reader for a blocking stream: a file, a pipe, `System.in`} Never suspends.
  ///
  /// A read that needs more data reads one block on a thread of the loop's default executor;
  /// nothing is read ahead. A cancelled read loses no data: the next read gets what the thread has
  /// read. But the thread keeps waiting, and the default executor cannot be shut down until it
  /// returns. If the stream throws, every later read throws the same exception. The caller must
  /// close the stream, and no other code should read from it.
  ///
  /// Source: `connect_read_pipe`.
  ///
  /// @param in the stream
  /// @throws IllegalStateException if no loop is running here
  public static StreamReader of(InputStream in) {
    Loop loop = Loop.running();
    var reader = new StreamReader(loop, DEFAULT_LIMIT);
    reader.onDemand = true;
    reader.setTransport(new InputPump(loop, in, reader));
    reader.pause();
    return reader;
  }

  /// Sets the transport that this reader pauses and resumes. May be called once.
  ///
  /// @param transport what feeds it
  /// @throws IllegalStateException if a transport is already set
  public void setTransport(ReadTransport transport) {
    loop.checkTurn();
    if (this.transport != null) {
      throw new IllegalStateException("Transport already set");
    }
    this.transport = transport;
  }

  /// Adds what arrived; for the transport.
  ///
  /// @param data the bytes; all remaining bytes are copied
  /// @throws IllegalStateException after [#feedEof]
  public void feedData(ByteBuffer data) {
    loop.checkTurn();
    if (eof) {
      throw new IllegalStateException("feedData after feedEof");
    }
    if (!data.hasRemaining()) {
      return;
    }
    bytes.add(data);
    wakeWaiter();
    pauseIfFull();
  }

  /// Adds what arrived and takes ownership of it; for the transport, if [#takesSegments].
  ///
  /// @param data the bytes; released if they cannot be received any more
  /// @throws IllegalStateException after [#feedEof]
  public void feedSegment(Segment data) {
    loop.checkTurn();
    if (eof) {
      data.release();
      throw new IllegalStateException("feedSegment after feedEof");
    }
    bytes.add(data);
    wakeWaiter();
    pauseIfFull();
  }

  /// {@return whether a coroutine has called [#readSegment] or [#readInto]} Before that, a
  /// transport that feeds segments would only keep its buffers longer.
  public boolean takesSegments() {
    loop.checkTurnToRead();
    return segmented;
  }

  /// Copies the segments that were not received yet, and releases them; for a transport that goes
  /// away. What they hold can still be received.
  public void keepSegments() {
    if (!loop.isClosed()) {
      loop.checkTurn();
    }
    if (failure == null) {
      bytes.absorb();
    } else {
      bytes.clear();
    }
  }

  private void pauseIfFull() {
    if (ending || bytes.size() > 2L * limit) {
      pause();
    }
  }

  void pause() {
    if (transport != null && !paused) {
      paused = true;
      transport.pauseReading();
    }
  }

  /// {@return how many bytes have arrived and were not read}
  public int buffered() {
    loop.checkTurnToRead();
    return bytes.size();
  }

  /// Withdraws the bytes that were fed and not read; for a transport that finds that they are the
  /// start of a TLS handshake.
  ///
  /// @return the bytes, possibly none
  public byte[] takeBuffered() {
    loop.checkTurn();
    byte[] taken = takeAll();
    maybeResume();
    return taken;
  }

  /// Marks the end; for the transport.
  public void feedEof() {
    loop.checkTurn();
    eof = true;
    wakeWaiter();
  }

  /// Marks the end as soon as everything that has arrived was read; for a transport that ends.
  ///
  /// If a coroutine waits and nothing is buffered, it gets the end immediately; otherwise the first
  /// read that finds nothing buffered does. The transport is paused before that. It is resumed for
  /// a coroutine that waits for more than is buffered, so the rest of its message is still fed.
  public void feedEofWhenEmpty() {
    loop.checkTurn();
    if (eof || ending) {
      return;
    }
    ending = true;
    if (waiter == null || waiter.isDone()) {
      pause();
    } else if (bytes.size() == 0 && !collecting) {
      feedEof();
    }
  }

  /// Marks a failure of the connection; for the transport.
  ///
  /// @param fault the exception that reads throw from now on
  public void setException(Throwable fault) {
    loop.checkTurn();
    failure = fault;
    LoopFuture<@Nullable Void> waiting = waiter;
    if (waiting != null && !waiting.isDone()) {
      waiting.setException(fault);
    }
  }

  /// {@return the failure of the connection, if it has failed}
  public @Nullable Throwable exception() {
    loop.checkTurnToRead();
    return failure;
  }

  /// {@return whether the end was reached and everything before it was read}
  public boolean atEof() {
    loop.checkTurnToRead();
    return eof && bytes.size() == 0;
  }

  private void wakeWaiter() {
    LoopFuture<@Nullable Void> waiting = waiter;
    if (waiting == null) {
      return;
    }
    if (waiting.isDone()) {
      waiter = waiting.isCancelled() ? null : waiting; // a cancelled one takes nothing
    } else {
      waiting.setResult(null);
    }
  }

  private void maybeResume() {
    if (paused && !ending && !onDemand && bytes.size() <= limit) {
      resume();
    }
  }

  private void resume() {
    paused = false;
    if (transport != null) {
      transport.resumeReading();
    }
  }

  private void awaitData(String method) throws IOException {
    if (waiter != null) {
      throw new IllegalStateException(
          method + "() called while another coroutine is already waiting for incoming data");
    }
    throwFailure();
    if (ending && bytes.size() == 0 && !collecting) {
      eof = true;
      return;
    }
    if (paused) {
      resume();
    }
    var waiting = new LoopFuture<@Nullable Void>(loop);
    waiter = waiting;
    try {
      waiting.await(IOException.class);
    } finally {
      if (waiter == waiting) {
        waiter = null; // a cancelled read may already have a successor
      }
    }
  }

  /// {@return everything up to the end} Not bounded by the limit.
  ///
  /// @throws IOException if the connection failed
  public byte[] read() throws IOException {
    requireSound();
    var all = new ByteArrayOutputStream();
    try {
      byte[] block;
      do {
        block = read(limit);
        all.writeBytes(block);
        collecting = true;
      } while (block.length > 0);
    } catch (Throwable unfinished) {
      putBack(all.toByteArray());
      throw unfinished;
    } finally {
      collecting = false;
    }
    return all.toByteArray();
  }

  private void putBack(byte[] taken) {
    bytes.addFirst(taken);
    pauseIfFull();
  }

  /// {@return what has arrived: at least one byte, or none at the end} Not bounded by the limit.
  ///
  /// @param n the highest number of bytes to return; 0 returns nothing, a negative number
  ///   everything up to the end
  /// @throws IOException if the connection failed
  public byte[] read(int n) throws IOException {
    requireSound();
    if (n < 0) {
      return read();
    }
    if (n == 0) {
      return NOTHING;
    }
    while (bytes.size() == 0 && !eof) {
      awaitData("read");
    }
    byte[] taken = bytes.size() == 0 ? NOTHING : bytes.take(Math.min(n, bytes.size()));
    maybeResume();
    return taken;
  }

  /// {@return what has arrived, without a copy where the transport lends its bytes: at least one
  /// byte; null at the end} The caller owns the segment and must release it.
  ///
  /// For code that knows the transport's own kind of buffers. Programs call a method of the
  /// transport's, such as `Streams.read` of loop-netty.
  ///
  /// @param n the highest number of bytes to return; at least 1
  /// @throws IOException if the connection failed
  /// @throws IllegalArgumentException if n is below 1
  public @Nullable Segment readSegment(int n) throws IOException {
    if (n < 1) {
      throw new IllegalArgumentException("the number of bytes must be at least 1, not " + n);
    }
    requireSound();
    segmented = true;
    while (bytes.size() == 0 && !eof) {
      awaitData("readSegment");
    }
    if (bytes.size() == 0) {
      return null;
    }
    Segment taken = bytes.takeSegment(n);
    maybeResume();
    return taken;
  }

  /// Reads into a buffer of the caller's, so that no array is made for each read. Suspends like
  /// [#read(int)].
  ///
  /// ```java
  /// while (reader.readInto(block.clear()) >= 0) {
  ///   use(block.flip());
  /// }
  /// ```
  ///
  /// No asyncio equivalent; `loop.sock_recv_into` does the same for a socket.
  ///
  /// @param target the buffer; it gets as many bytes as it has room for, or as have arrived
  /// @return how many bytes: at least one, or -1 at the end; 0 if the buffer has no room
  /// @throws IOException if the connection failed
  public int readInto(ByteBuffer target) throws IOException {
    requireSound();
    if (!target.hasRemaining()) {
      return 0;
    }
    segmented = true;
    while (bytes.size() == 0 && !eof) {
      awaitData("readInto");
    }
    if (bytes.size() == 0) {
      return -1;
    }
    int count = bytes.take(target);
    maybeResume();
    return count;
  }

  /// Reads into an array; see [#read(int)].
  ///
  /// @return how many bytes, at least one; -1 at the end
  int read(byte[] target, int offset, int length) throws IOException {
    requireSound();
    while (bytes.size() == 0 && !eof) {
      awaitData("read");
    }
    if (bytes.size() == 0) {
      return -1;
    }
    int count = Math.min(length, bytes.size());
    bytes.take(target, offset, count);
    maybeResume();
    return count;
  }

  /// {@return this reader as a blocking stream, for code that needs one: decompressors, parsers,
  /// scanners} Never suspends.
  ///
  /// A read suspends the coroutine, is a cancellation point, and fails like [#read(int)]. A
  /// [io.loop.task.CancelledError] passes through the code that reads. The stream is for coroutines
  /// of the loop only, one at a time, and not for other threads. Closing it closes only this view:
  /// the connection stays open, and buffered bytes are kept. Bytes that the code has read ahead are
  /// gone from this reader.
  ///
  /// Such code may wait for more than it needs. The JDK's `GZIPInputStream` looks for another
  /// archive after the first, so it reports the end only after the peer has shut down its output.
  public InputStream asInputStream() {
    return new ReaderInput(this);
  }

  /// {@return exactly `n` bytes} Not bounded by the limit.
  ///
  /// @param n how many
  /// @throws IncompleteReadException if the end comes first; it holds the bytes that were left,
  ///   which are consumed
  /// @throws IOException if the connection failed
  /// @throws IllegalArgumentException if n is negative
  public byte[] readExactly(int n) throws IOException {
    if (n < 0) {
      throw new IllegalArgumentException("readExactly size can not be less than zero");
    }
    requireSound();
    if (n == 0) {
      return NOTHING;
    }
    while (bytes.size() < n) {
      if (eof) {
        throw new IncompleteReadException(takeAll(), n);
      }
      awaitData("readExactly");
    }
    byte[] taken = bytes.take(n);
    maybeResume();
    return taken;
  }

  /// {@return a line with its newline; at the end the remaining bytes, possibly none}
  ///
  /// @throws LineTooLongException if it is longer than the limit; the part that has arrived is
  ///   dropped
  /// @throws IOException if the connection failed
  public byte[] readLine() throws IOException {
    try {
      return readUntil(NEWLINE);
    } catch (IncompleteReadException atEnd) {
      return atEnd.partial();
    } catch (LimitOverrunException overrun) {
      dropLine(overrun.consumed());
      throw new LineTooLongException(overrun);
    }
  }

  private void dropLine(int consumed) {
    if (bytes.startsWith(NEWLINE, consumed)) {
      bytes.skip(consumed + NEWLINE.length);
    } else {
      bytes.clear();
    }
    maybeResume();
  }

  /// {@return everything up to and including a separator}
  ///
  /// @param separators the separators to look for; of several matches, the one that ends first wins
  /// @throws IncompleteReadException if the end comes first; it holds the bytes that were left,
  ///   which are consumed
  /// @throws LimitOverrunException if more bytes than the limit precede the separator; nothing is
  ///   taken
  /// @throws IOException if the connection failed
  /// @throws IllegalArgumentException if no separator is given, or one is empty
  public byte[] readUntil(byte[]... separators) throws IOException {
    var wanted = new Separators(separators);
    requireSound();
    Separators.Match match;
    while ((match = wanted.find(bytes)) == null) {
      if (wanted.searched() > limit) {
        throw new LimitOverrunException(
            "Separator is not found, and chunk exceed the limit", wanted.searched());
      }
      if (eof) {
        throw new IncompleteReadException(takeAll(), null);
      }
      awaitData("readUntil");
    }
    if (match.start() > limit) {
      throw new LimitOverrunException(
          "Separator is found, but chunk is longer than limit", match.start());
    }
    byte[] taken = bytes.take(match.end());
    maybeResume();
    return taken;
  }

  private byte[] takeAll() {
    return bytes.size() == 0 ? NOTHING : bytes.take(bytes.size());
  }

  private void requireSound() throws IOException {
    loop.checkTurn();
    throwFailure();
  }

  private void throwFailure() throws IOException {
    Throwable fault = failure;
    if (fault instanceof IOException io) {
      throw io;
    }
    if (fault instanceof RuntimeException unchecked) {
      throw unchecked;
    }
    if (fault instanceof Error error) {
      throw error;
    }
    if (fault != null) {
      throw new IOException(fault);
    }
  }

  /// {@return the lines, each with its newline, up to the end}
  ///
  /// Its methods suspend like [#readLine], and wrap an [IOException] in an [UncheckedIOException].
  @Override
  public Iterator<byte[]> iterator() {
    return new Iterator<>() {
      private byte @Nullable [] line;

      @Override
      public boolean hasNext() {
        loop.checkTurn();
        byte[] ahead = line;
        if (ahead == null) {
          ahead = nextLine();
          line = ahead;
        }
        return ahead.length > 0;
      }

      @Override
      public byte[] next() {
        if (!hasNext()) {
          throw new NoSuchElementException("the stream has ended");
        }
        byte[] ahead = Objects.requireNonNull(line);
        line = null;
        return ahead;
      }

      private byte[] nextLine() {
        try {
          return readLine();
        } catch (IOException fault) {
          throw new UncheckedIOException(fault);
        }
      }
    };
  }

  @Override
  public String toString() {
    Throwable seen = failure; // any thread may ask
    return "<StreamReader"
        + (bytes.size() == 0 ? "" : " " + bytes.size() + " bytes")
        + (eof ? " eof" : "")
        + (limit == DEFAULT_LIMIT ? "" : " limit=" + limit)
        + (seen == null ? "" : " exception=" + seen)
        + (paused ? " paused" : "")
        + '>';
  }
}
