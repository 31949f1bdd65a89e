package io.loop.stream;

import io.loop.event.Loop;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Iterator;
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
public final class StreamReader extends ReaderState implements Iterable<byte[]> {

  /*
   * This is the public face, and the ways of reading. ReaderState has the bytes, the transport, the
   * coroutine that waits, the end and the failure; the two are one object.
   */

  /// The default limit of a reader: 64 KiB.
  public static final int DEFAULT_LIMIT = 65_536;

  private static final byte[] NEWLINE = {'\n'};
  private static final byte[] NOTHING = {};

  private boolean segmented; // a coroutine takes segments

  /// Creates a reader.
  ///
  /// @param loop its loop
  /// @param limit the length of the longest line or separated chunk, in bytes, without the
  ///   separator; the transport is paused above twice the limit
  /// @throws IllegalArgumentException if the limit is not positive
  public StreamReader(Loop loop, int limit) {
    super(loop, limit);
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
    reader.attachOnDemand(new InputPump(loop, in, reader));
    return reader;
  }

  /// Sets the transport that this reader pauses and resumes. May be called once.
  ///
  /// @param transport what feeds it
  /// @throws IllegalStateException if a transport is already set
  public void setTransport(ReadTransport transport) {
    loop.checkTurn();
    attach(transport);
  }

  /// Adds what arrived; for the transport.
  ///
  /// @param data the bytes; all remaining bytes are copied
  /// @throws IllegalStateException after [#feedEof]
  public void feedData(ByteBuffer data) {
    loop.checkTurn();
    feed(data);
  }

  /// Adds what arrived and takes ownership of it; for the transport, if [#takesSegments].
  ///
  /// @param data the bytes; released if they cannot be received any more
  /// @throws IllegalStateException after [#feedEof]
  public void feedSegment(Segment data) {
    loop.checkTurn();
    feed(data);
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
    absorb();
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
    return take(bytes.size());
  }

  /// Marks the end; for the transport.
  public void feedEof() {
    loop.checkTurn();
    end();
  }

  /// Marks the end as soon as everything that has arrived was read; for a transport that ends.
  ///
  /// If a coroutine waits and nothing is buffered, it gets the end immediately; otherwise the first
  /// read that finds nothing buffered does. The transport is paused before that. It is resumed for
  /// a coroutine that waits for more than is buffered, so the rest of its message is still fed.
  public void feedEofWhenEmpty() {
    loop.checkTurn();
    endWhenEmpty();
  }

  /// Marks a failure of the connection; for the transport.
  ///
  /// @param fault the exception that reads throw from now on
  public void setException(Throwable fault) {
    loop.checkTurn();
    fail(fault);
  }

  /// {@return the failure of the connection, if it has failed}
  public @Nullable Throwable exception() {
    loop.checkTurnToRead();
    return failure();
  }

  /// {@return whether the end was reached and everything before it was read}
  public boolean atEof() {
    loop.checkTurnToRead();
    return hasEnded() && bytes.size() == 0;
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
        setCollecting(true);
      } while (block.length > 0);
    } catch (Throwable unfinished) {
      putBack(all.toByteArray());
      throw unfinished;
    } finally {
      setCollecting(false);
    }
    return all.toByteArray();
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
    return take(awaitSome("read") ? Math.min(n, bytes.size()) : 0);
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
    if (!awaitSome("readSegment")) {
      return null;
    }
    Segment taken = bytes.takeSegment(n);
    resumeIfDrained();
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
    if (!awaitSome("readInto")) {
      return -1;
    }
    int count = bytes.take(target);
    resumeIfDrained();
    return count;
  }

  /// Reads into an array; see [#read(int)].
  ///
  /// @return how many bytes, at least one; -1 at the end
  int read(byte[] target, int offset, int length) throws IOException {
    requireSound();
    if (!awaitSome("read")) {
      return -1;
    }
    int count = Math.min(length, bytes.size());
    bytes.take(target, offset, count);
    resumeIfDrained();
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
      if (hasEnded()) {
        throw new IncompleteReadException(bytes.take(bytes.size()), n);
      }
      awaitData("readExactly");
    }
    return take(n);
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
    resumeIfDrained();
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
      if (hasEnded()) {
        throw new IncompleteReadException(bytes.take(bytes.size()), null);
      }
      awaitData("readUntil");
    }
    if (match.start() > limit) {
      throw new LimitOverrunException(
          "Separator is found, but chunk is longer than limit", match.start());
    }
    return take(match.end());
  }

  private byte[] take(int count) {
    byte[] taken = bytes.take(count);
    resumeIfDrained();
    return taken;
  }

  private void requireSound() throws IOException {
    loop.checkTurn();
    throwFailure();
  }

  /// {@return the lines, each with its newline, up to the end}
  ///
  /// Its methods suspend like [#readLine], and wrap an [IOException] in an
  /// [java.io.UncheckedIOException].
  @Override
  public Iterator<byte[]> iterator() {
    return new Lines(loop, this);
  }

  @Override
  public String toString() {
    return "<StreamReader"
        + (bytes.size() == 0 ? "" : " " + bytes.size() + " bytes")
        + (hasEnded() ? " eof" : "")
        + (limit == DEFAULT_LIMIT ? "" : " limit=" + limit)
        + stateText()
        + '>';
  }
}
