package io.loop.stream;

import io.loop.event.Loop;
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
/// Loop thread and coroutines of the loop only. Writing never suspends. Call [#drain] afterwards:
/// it waits while the peer reads more slowly than this side writes.
///
/// Source: `asyncio.StreamWriter`, Python 3.15.
public final class StreamWriter implements AutoCloseable {

  /*
   * The transport calls pauseWriting and resumeWriting alternately, and finally connectionLost,
   * once.
   *
   * Each drain() that has to wait has its own future in `drainers`; resumeWriting settles all of
   * them, in order. waitClosed() does the same in `closers`. Most connections never wait, so a line
   * is created for the first waiter. A lost connection is kept in a field, not in a future, whose
   * failure would have to be retrieved.
   */

  private final Loop loop;
  private final WriteTransport transport;
  private final @Nullable StreamReader reader;
  private @Nullable WaiterLine drainers;
  private @Nullable WaiterLine closers;
  private boolean paused;
  private boolean lost;
  private @Nullable Throwable lossCause;

  /// Creates a writer.
  ///
  /// @param loop its loop
  /// @param transport the transport it writes to
  /// @param reader the reader of the same connection, whose failure [#drain] throws; or null
  public StreamWriter(Loop loop, WriteTransport transport, @Nullable StreamReader reader) {
    this.loop = loop;
    this.transport = transport;
    this.reader = reader;
  }

  /// Writes bytes. Never suspends. Does nothing on a lost connection.
  ///
  /// @param data the bytes, copied before this returns
  public void write(byte[] data) {
    write(data, 0, data.length);
  }

  /// Writes a part of an array. Never suspends. Does nothing on a lost connection.
  ///
  /// @param data the array with the bytes, which are copied before this returns
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

  /// Waits while the transport holds more than its high-water mark. Coroutine only.
  ///
  /// Suspends only if it has to wait, or for one tick if the connection is closing, and is a
  /// cancellation point only then. Several coroutines may wait at the same time.
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
      drainers = new WaiterLine(loop);
    }
    drainers.await(); // throws the cause that connectionLost got
  }

  /// {@return this writer as a blocking stream, for code that needs one: compressors, printers}
  /// Never suspends.
  ///
  /// Each write and each flush is followed by a [#drain], which may suspend the coroutine and is a
  /// cancellation point then. The data of a cancelled write is still written. The stream is for
  /// coroutines of the loop only, one at a time. Closing it flushes, and closes only this view: the
  /// connection stays open. For many small writes, wrap it in a [java.io.BufferedOutputStream].
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

  /// Shuts down the output once everything is sent. The peer gets the end of the stream and can
  /// still send. Never suspends.
  ///
  /// @throws UnsupportedOperationException if the transport does not support a half-close; see
  ///   [#canWriteEof]
  public void writeEof() {
    loop.checkTurn();
    if (!transport.canWriteEof()) {
      throw new UnsupportedOperationException(
          "this transport does not support a half-close; close() ends both directions");
    }
    transport.writeEof();
  }

  /// {@return whether the transport supports a half-close}
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

  /// Closes the connection immediately; data that is not sent yet is dropped. Never suspends.
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
  /// @throws IOException if the connection was lost because of a failure
  public void waitClosed() throws IOException {
    loop.checkTurn();
    if (!lost) {
      if (closers == null) {
        closers = new WaiterLine(loop);
      }
      closers.await();
    }
    if (lossCause instanceof IOException io) {
      throw io;
    }
    if (lossCause != null) {
      throw new IOException(lossCause);
    }
  }

  /// {@return a detail of the connection, or null if there is none of that name}
  ///
  /// @param name the name; `peername` and `sockname` are always available, and are socket addresses
  public @Nullable Object getExtraInfo(String name) {
    loop.checkTurnToRead();
    return transport.getExtraInfo(name);
  }

  /// Makes [#drain] wait from now on; for the transport.
  public void pauseWriting() {
    loop.checkTurn();
    paused = true;
  }

  /// Resumes the coroutines that wait in [#drain]; for the transport.
  public void resumeWriting() {
    loop.checkTurn();
    paused = false;
    wake(drainers, null);
  }

  /// Notes that the connection is closed; for the transport, once.
  ///
  /// @param cause the failure that ended it; null if it was closed normally
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
