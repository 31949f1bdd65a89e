package io.loop.stream;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/// The state of a reader: its bytes, the transport that feeds it, the coroutine that waits for
/// more, the end, and the failure.
///
/// Loop thread and coroutines of the loop only; the reader checks that.
abstract sealed class ReaderState permits StreamReader {

  /*
   * The transport feeds, the coroutine takes. Above twice the limit the transport is paused, at or
   * below the limit it is resumed. A read that has to wait while the transport is paused resumes
   * it, because it needs more than fits.
   *
   * A transport that ends gracefully lets the current message be completed. So the input ends
   * between messages: when a coroutine waits and no byte is buffered. Before that, the transport is
   * paused, except while a read waits for the rest of a message.
   *
   * `waiter` is the one coroutine that waits for data, the end, or a failure. When it resumes it
   * checks all three again: another coroutine may have taken the data, and the connection may have
   * failed after it was woken. The field is cleared when it resumes, not when it is woken: before
   * that no other coroutine may wait.
   */

  final Loop loop;
  final int limit;
  final ByteQueue bytes = new ByteQueue();
  private @Nullable ReadTransport transport;
  private @Nullable LoopFuture<@Nullable Void> waiter;
  private @Nullable Throwable failure;
  private boolean eof;
  private boolean ending;
  private boolean paused;
  private boolean collecting; // in a read to the end, which has already taken a part
  private boolean onDemand; // resumed only while a coroutine waits

  ReaderState(Loop loop, int limit) {
    if (limit <= 0) {
      throw new IllegalArgumentException("Limit cannot be <= 0, and is " + limit);
    }
    this.loop = loop;
    this.limit = limit;
  }

  final void attach(ReadTransport transport) {
    if (this.transport != null) {
      throw new IllegalStateException("Transport already set");
    }
    this.transport = transport;
  }

  /// Attaches a transport that is resumed only while a coroutine waits.
  final void attachOnDemand(ReadTransport transport) {
    onDemand = true;
    attach(transport);
    pause();
  }

  final void setCollecting(boolean isCollecting) {
    collecting = isCollecting;
  }

  final void feed(ByteBuffer data) {
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

  final void feed(Segment data) {
    if (eof) {
      data.release();
      throw new IllegalStateException("feedSegment after feedEof");
    }
    bytes.add(data);
    wakeWaiter();
    pauseIfFull();
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

  private void pauseIfFull() {
    if (ending || bytes.size() > 2L * limit) {
      pause();
    }
  }

  final void pause() {
    if (transport != null && !paused) {
      paused = true;
      transport.pauseReading();
    }
  }

  /// See [StreamReader#keepSegments].
  final void absorb() {
    if (failure == null) {
      bytes.absorb();
    } else {
      bytes.clear();
    }
  }

  final void end() {
    eof = true;
    wakeWaiter();
  }

  /// See [StreamReader#feedEofWhenEmpty].
  final void endWhenEmpty() {
    if (eof || ending) {
      return;
    }
    ending = true;
    if (waiter == null || waiter.isDone()) {
      pause();
    } else if (bytes.size() == 0 && !collecting) {
      end();
    }
  }

  final boolean hasEnded() {
    return eof;
  }

  final void fail(Throwable fault) {
    failure = fault;
    LoopFuture<@Nullable Void> waiting = waiter;
    if (waiting != null && !waiting.isDone()) {
      waiting.setException(fault);
    }
  }

  final @Nullable Throwable failure() {
    return failure;
  }

  final void throwFailure() throws IOException {
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

  /// Waits until a byte is buffered or the end is reached.
  ///
  /// @param method what the coroutine called
  /// @return whether a byte is buffered
  final boolean awaitSome(String method) throws IOException {
    while (bytes.size() == 0 && !eof) {
      awaitData(method);
    }
    return bytes.size() > 0;
  }

  /// Waits until more arrives, the end is reached, or the connection fails.
  ///
  /// @param method what the coroutine called
  final void awaitData(String method) throws IOException {
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

  /// Resumes the transport after bytes were taken, if enough were.
  final void resumeIfDrained() {
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

  /// Puts back what an unfinished read has taken.
  final void putBack(byte[] taken) {
    bytes.addFirst(taken);
    pauseIfFull();
  }

  /// {@return the failure and the pause, for a description} Any thread.
  final String stateText() {
    Throwable seen = failure;
    return (seen == null ? "" : " exception=" + seen) + (paused ? " paused" : "");
  }
}
