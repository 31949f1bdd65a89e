package io.loop.stream;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.loop.task.Tasks;
import io.loop.task.WaiterLine;
import java.io.IOException;
import java.io.OutputStream;
import java.net.SocketException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The sending side of a connection.
///
/// Loop thread and coroutines of the loop only. Writing never suspends: call [#drain] after it,
/// which waits while the peer takes less than is written.
///
/// Source: `asyncio.StreamWriter`, Python 3.15.
public final class StreamWriter implements AutoCloseable {

  /*
   * The transport calls pauseWriting and resumeWriting in turns, and connectionLost once, last.
   *
   * Each drain() that must wait has a future of its own in `drainers`; resuming settles all of them,
   * in order. waitClosed() likewise, in `closers`. Most connections never wait: a line is made for the
   * first waiter. A lost connection is remembered, not stored in a future: nobody need look.
   */

  private final Loop loop;
  private final WriteTransport transport;
  private final @Nullable StreamReader reader;
  private @Nullable WaiterLine drainers;
  private @Nullable WaiterLine closers;
  private boolean paused;
  private boolean lost;
  private @Nullable Throwable lossCause;

  /// Makes a writer.
  ///
  /// @param loop its loop
  /// @param transport what it writes to
  /// @param reader the reader of the same connection, whose failure [#drain] throws; or null
  public StreamWriter(Loop loop, WriteTransport transport, @Nullable StreamReader reader) {
    this.loop = loop;
    this.transport = transport;
    this.reader = reader;
  }

  /// Writes bytes. Never suspends; on a lost connection does nothing.
  ///
  /// @param data the bytes, copied before this returns
  public void write(byte[] data) {
    write(data, 0, data.length);
  }

  /// Writes a part of an array. Never suspends; on a lost connection does nothing.
  ///
  /// @param data where the bytes are, copied before this returns
  /// @param offset the index of the first
  /// @param length how many
  /// @throws IndexOutOfBoundsException if the array has no such part
  public void write(byte[] data, int offset, int length) {
    loop.checkTurn();
    Objects.checkFromIndexSize(offset, length, data.length);
    if (length > 0 && !lost) {
      transport.write(data, offset, length);
    }
  }

  /// Writes several arrays, one after the other. Never suspends.
  ///
  /// @param parts the bytes, copied before this returns
  public void writeLines(Iterable<byte[]> parts) {
    loop.checkTurn();
    parts.forEach(this::write);
  }

  /// Waits while more is written than the transport wants to hold. Coroutine only.
  ///
  /// Suspends only if it must wait, or for one tick if the connection is closing; a cancellation
  /// point only then. Several coroutines may wait at once.
  ///
  /// @throws IOException if the connection failed or is lost
  public void drain() throws IOException {
    loop.checkTurn();
    throwReadFailure();
    if (transport.isClosing()) {
      Tasks.<@Nullable Void>sleep(Duration.ZERO, null); // lets the loss arrive
    }
    if (lost) {
      throw connectionLost();
    }
    if (!paused) {
      return;
    }
    if (drainers == null) {
      drainers = new WaiterLine();
    }
    drainers.await(new LoopFuture<>(loop)); // throws what connectionLost tells
  }

  /// {@return this writer for code that wants a blocking stream: compressors, printers} Never
  /// suspends.
  ///
  /// Each write is followed by a [#drain], as is each flush: it suspends the coroutine while the
  /// peer takes less than is written, and is a cancellation point then. A cancelled write has been
  /// written. Coroutines of the loop only, one at a time. Closing it flushes and closes this view
  /// alone: the connection stays open, and the other direction usable. For many small writes put a
  /// [java.io.BufferedOutputStream] around it.
  public OutputStream asOutputStream() {
    return new WriterOutput(this);
  }

  private void throwReadFailure() throws IOException {
    Throwable fault = reader == null ? null : reader.exception();
    if (fault instanceof IOException io) {
      throw io;
    }
    if (fault != null) {
      throw new IOException(fault);
    }
  }

  private IOException connectionLost() {
    var fault = new SocketException("Connection lost");
    if (lossCause != null) {
      fault.initCause(lossCause);
    }
    return fault;
  }

  /// Ends the sending direction once everything is sent; the peer sees the end, and may go on
  /// sending. Never suspends.
  ///
  /// @throws UnsupportedOperationException if the transport has no half-close: see [#canWriteEof]
  public void writeEof() {
    loop.checkTurn();
    if (!transport.canWriteEof()) {
      throw new UnsupportedOperationException(
          "this transport cannot end one direction alone; close() ends both");
    }
    transport.writeEof();
  }

  /// {@return whether the sending direction can be ended alone}
  public boolean canWriteEof() {
    loop.checkTurnToRead();
    return transport.canWriteEof();
  }

  /// Closes the connection once everything is sent; [#waitClosed] waits for that. Never suspends;
  /// closing twice does nothing.
  @Override
  public void close() {
    loop.checkTurn();
    transport.close();
  }

  /// Closes the connection at once; what is not sent is dropped. Never suspends.
  public void abort() {
    loop.checkTurn();
    transport.abort();
  }

  /// {@return whether the connection is closing or closed}
  public boolean isClosing() {
    loop.checkTurnToRead();
    return transport.isClosing();
  }

  /// Waits until the connection is closed. Coroutine only; suspends unless it is.
  ///
  /// @throws IOException what ended the connection, if it did not end in good order
  public void waitClosed() throws IOException {
    loop.checkTurn();
    if (!lost) {
      if (closers == null) {
        closers = new WaiterLine();
      }
      closers.await(new LoopFuture<>(loop));
    }
    if (lossCause instanceof IOException io) {
      throw io;
    }
    if (lossCause != null) {
      throw new IOException(lossCause);
    }
  }

  /// {@return a fact about the connection, or null if there is none of that name}
  ///
  /// @param name `peername` and `sockname` are always there: socket addresses
  public @Nullable Object getExtraInfo(String name) {
    loop.checkTurnToRead();
    return transport.getExtraInfo(name);
  }

  /// Makes [#drain] wait from now on; for the transport.
  public void pauseWriting() {
    loop.checkTurn();
    paused = true;
  }

  /// Lets those who wait in [#drain] go on; for the transport.
  public void resumeWriting() {
    loop.checkTurn();
    paused = false;
    wake(drainers, null);
  }

  /// Tells that the connection is closed; for the transport, once.
  ///
  /// @param cause what ended it; null if it ended in good order
  public void connectionLost(@Nullable Throwable cause) {
    loop.checkTurn();
    lost = true;
    lossCause = cause;
    wake(closers, null);
    wake(drainers, cause);
  }

  private static void wake(@Nullable WaiterLine waiters, @Nullable Throwable fault) {
    if (waiters == null) {
      return;
    }
    if (fault == null) {
      waiters.wakeAll();
    } else {
      waiters.failAll(fault);
    }
  }

  @Override
  public String toString() {
    return "<StreamWriter transport=" + transport + ">";
  }
}
