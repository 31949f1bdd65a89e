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
/// Loop thread and coroutines of the loop only. Each reading method suspends only if what it needs
/// has not arrived, and is a cancellation point only then; a cancelled read takes nothing. Returned
/// arrays are the caller's. Iterating gives the lines, as [#readLine] does, until the end.
///
/// A second coroutine that would have to wait while the first still waits, or has been woken and
/// has not gone on yet, gets an [IllegalStateException]. It can take bytes that are there; the
/// first then waits for others.
///
/// A failure of the connection is thrown by every later read, even if bytes have arrived that were
/// not read: it comes first, as in asyncio.
///
/// Source: `asyncio.StreamReader`, Python 3.15.
public final class StreamReader implements Iterable<byte[]> {

  /*
   * The transport feeds, the coroutine takes. Above twice the limit the transport is paused, at or
   * below the limit it is resumed. A reader that must wait although the transport is paused resumes
   * it: it needs more than fits.
   *
   * A transport that ends in good order wants the message under way to be whole. So the input ends where
   * nothing of a message is there: when somebody waits and no byte is buffered. Until then the transport
   * is paused, but for a reader that waits for the rest of what it has.
   *
   * It is long because every way of reading looks at the same bytes, end and failure.
   *
   * `waiter` is the one coroutine that waits for anything new: data, the end, or a failure. It looks
   * again at all three when it goes on, since another coroutine may have taken the data meanwhile. The
   * field is cleared when it goes on, not when it is woken: until then nobody else may wait.
   */

  /// The limit of a reader whose maker gives none: 64 KiB.
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
  private boolean collecting; // in read(), which has taken a part
  private boolean onDemand; // resumed for those who wait only

  /// Makes a reader.
  ///
  /// @param loop its loop
  /// @param limit the longest line or separated chunk, in bytes, not counting the separator; the
  ///   transport is paused above twice that
  /// @throws IllegalArgumentException if the limit is not positive
  public StreamReader(Loop loop, int limit) {
    if (limit <= 0) {
      throw new IllegalArgumentException("Limit cannot be <= 0, and is " + limit);
    }
    this.loop = loop;
    this.limit = limit;
  }

  /// {@return a reader of what a blocking stream gives: a file, a pipe, `System.in`} Never
  /// suspends.
  ///
  /// A read that needs more than has arrived has a thread of the loop's default executor read one
  /// block; nothing is read ahead. Cancelling such a read loses nothing: what the thread gets is
  /// for the next one. But the thread goes on waiting, and the default executor cannot be shut down
  /// until it comes back. What the stream throws is thrown by every later read, as a failure of a
  /// connection. The stream stays the caller's to close, and nobody else should read from it.
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

  /// Tells this reader whom to pause; once.
  ///
  /// @param transport what feeds it
  /// @throws IllegalStateException if it has one already
  public void setTransport(ReadTransport transport) {
    loop.checkTurn();
    if (this.transport != null) {
      throw new IllegalStateException("Transport already set");
    }
    this.transport = transport;
  }

  /// Adds what arrived; for the transport.
  ///
  /// @param data the bytes; all that remains is copied
  /// @throws IllegalStateException if the end was fed before
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

  /// {@return how many bytes have arrived that were not read}
  public int buffered() {
    loop.checkTurnToRead();
    return bytes.size();
  }

  /// Takes back what was fed and not read; for a transport that finds it is not for the reader, but
  /// the beginning of a TLS handshake.
  ///
  /// @return the bytes, perhaps none
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

  /// Marks the end, as soon as nothing has arrived that is not read; for a transport that ends.
  ///
  /// A coroutine that waits with nothing buffered is told at once, any other when it comes to that.
  /// Until then the transport is paused. It is resumed for a coroutine that waits for more than is
  /// buffered: the rest of its message is still fed.
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
  /// @param fault what reads throw from now on
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

  /// {@return whether the end has come and everything before it was read}
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
        waiter = null; // a cancelled one may have a successor
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

  /// {@return what has arrived, at least one byte unless the end has come} Not bounded by the
  /// limit.
  ///
  /// @param n the most to return; 0 returns nothing, a negative number everything up to the end
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

  /// Reads into an array, as [#read(int)].
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

  /// {@return this reader for code that wants a blocking stream: decompressors, parsers, scanners}
  /// Never suspends.
  ///
  /// Reading suspends the coroutine, is a cancellation point, and fails, as [#read(int)] does; a
  /// [io.loop.task.CancelledError] passes through the code in between. Coroutines of the loop only,
  /// so not for code on another thread, and one at a time. Closing it closes this view alone: the
  /// connection, and what has arrived, stay. What the code in between has read ahead is its own.
  ///
  /// Such code may wait for more than it needs: the JDK's `GZIPInputStream` looks for another
  /// archive behind the first, and so tells the end only when the peer has ended its direction.
  public InputStream asInputStream() {
    return new ReaderInput(this);
  }

  /// {@return exactly so many bytes} Not bounded by the limit.
  ///
  /// @param n how many
  /// @throws IncompleteReadException if the end comes first; it holds what there was, which is gone
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

  /// {@return a line with its newline; at the end what is left, which may be nothing}
  ///
  /// @throws LineTooLongException if it is longer than the limit; it is dropped, as far as it has
  ///   arrived
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
  /// @param separators what to look for; of several that match, the one that ends first counts
  /// @throws IncompleteReadException if the end comes first; it holds what there was, which is gone
  /// @throws LimitOverrunException if there is more than the limit before the separator; nothing is
  ///   taken
  /// @throws IOException if the connection failed
  /// @throws IllegalArgumentException if there is no separator, or an empty one
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
  /// Its methods suspend as [#readLine] does, and throw [UncheckedIOException] where that throws
  /// [IOException].
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
    return "<StreamReader"
        + (bytes.size() == 0 ? "" : " " + bytes.size() + " bytes")
        + (eof ? " eof" : "")
        + (limit == DEFAULT_LIMIT ? "" : " limit=" + limit)
        + (failure == null ? "" : " exception=" + failure)
        + (paused ? " paused" : "")
        + '>';
  }
}
