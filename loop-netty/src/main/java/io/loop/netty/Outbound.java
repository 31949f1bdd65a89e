package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.MessageSizeEstimator;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedChannelException;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Set;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/// The messages that a coroutine has written to its channel, until Netty has sent them.
@SuppressWarnings("FutureReturnValueIgnored") // what Netty returns is listened to, or says nothing
final class Outbound implements ChannelFutureListener {

  /*
   *   OPEN --close--> CLOSING (what was written is sent first) --inactive--> CLOSED
   *     |`--abort--> ABORTING (what was written is dropped) --inactive--> CLOSED
   *      `--detach--> DETACHED (other code owns the channel)
   *
   * Coroutines put messages into `pending`; flushToNetty passes them to Netty while the channel is
   * writable, and flushes once. The rest follows when the channel is writable again, because a
   * message takes direct memory as soon as it is encoded. `unsent` counts the writes that Netty has
   * not completed yet; this object is the listener of all writes that no coroutine awaits. The
   * channel is closed, or its output shut down, when both are empty.
   *
   * Netty's high-water mark counts bytes. The one on `pending` also counts messages, because the
   * size of a message that is not encoded yet is a guess.
   *
   * A message is released exactly once: by Netty if it was passed on, otherwise here.
   */

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    CLOSED,
    DETACHED
  }

  /// A write that a coroutine awaits. A withdrawn one has no message.
  private final class Sending implements ChannelFutureListener {
    private @Nullable Object message;
    private final LoopFuture<@Nullable Void> sent = new LoopFuture<>(loop);

    Sending(Object message) {
      this.message = message;
    }

    @Override
    public void operationComplete(ChannelFuture written) {
      if (written.isSuccess()) {
        if (!sent.isDone() && !loop.isClosed()) {
          sent.setResult(null);
        }
      } else {
        writeFailed = true;
        fail(lossOf(written.cause()));
      }
      finished();
    }

    void fail(Throwable cause) {
      if (!sent.isDone() && !loop.isClosed()) {
        sent.setException(cause);
      }
    }

    /// {@return the message, or null if this was cancelled and the message was released}
    @Nullable Object takeMessage() {
      if (sent.isDone()) {
        withdraw();
      }
      Object taken = message;
      message = null;
      return taken;
    }

    void withdraw() {
      ReferenceCountUtil.release(message);
      message = null;
    }
  }

  private static final int MAX_PENDING = 64;

  private final Loop loop;
  private final ChannelHandlerContext context;
  private final Channel channel;
  private final Runnable markDirty;
  private final MessageSizeEstimator.Handle sizes;
  private final ArrayDeque<Object> pending = new ArrayDeque<>(1);
  private final WaiterLine writable;
  private final WaiterLine closed;

  private State state = State.OPEN;
  private long pendingBytes;
  private int unsent;
  private boolean flushWanted;
  private boolean outputEnds;
  private boolean outputEnded;
  private boolean closeSent;
  private boolean writeFailed;
  // failures that coroutines got, as long as they are reachable
  private @Nullable Set<Throwable> losses;
  private @Nullable Throwable fault;
  private @Nullable Throwable reason;

  Outbound(Loop loop, ChannelHandlerContext context, Runnable markDirty) {
    this.loop = loop;
    this.context = context;
    this.channel = context.channel();
    this.markDirty = markDirty;
    this.sizes = channel.config().getMessageSizeEstimator().newHandle();
    this.writable = new WaiterLine(loop);
    this.closed = new WaiterLine(loop);
  }

  boolean isOpen() {
    return state == State.OPEN;
  }

  boolean isLost() {
    return state == State.CLOSED;
  }

  boolean isDetached() {
    return state == State.DETACHED;
  }

  boolean hasToWrite() {
    return !pending.isEmpty() && (state == State.OPEN || state == State.CLOSING);
  }

  boolean hasEnded() {
    return outputEnded;
  }

  void write(Object message) {
    if (state == State.OPEN && !outputEnds) {
      add(message, message);
      return;
    }
    ReferenceCountUtil.release(message);
    requireNotDetached();
    if (outputEnds) {
      throw new IllegalStateException("Cannot write after writeEof()");
    }
  }

  void send(Object message) throws IOException {
    if (state != State.OPEN || outputEnds) {
      write(message); // releases it
      throw closedError();
    }
    var sending = new Sending(message);
    add(sending, message);
    try {
      sending.sent.await();
    } catch (CancelledError cancelled) {
      sending.withdraw();
      throw cancelled;
    }
  }

  private void add(Object entry, Object message) {
    pending.add(entry);
    pendingBytes += sizes.size(message);
    markDirty.run();
  }

  void drain() throws IOException {
    requireHealthy();
    while (isFull()) {
      flushWanted = true;
      markDirty.run();
      writable.await();
      requireHealthy();
    }
  }

  private boolean isFull() {
    return !channel.isWritable()
        || pending.size() >= MAX_PENDING
        || pendingBytes > channel.config().getWriteBufferHighWaterMark();
  }

  private void requireHealthy() throws IOException {
    requireNotDetached();
    if (fault != null) {
      Throwable thrown = fault;
      fault = null;
      throw Rethrow.unchecked(thrown);
    }
    if (state == State.ABORTING || state == State.CLOSED) {
      throw closedError();
    }
  }

  void requireNotDetached() {
    if (state == State.DETACHED) {
      throw new IllegalStateException("the channel was detached from this coroutine");
    }
  }

  private ClosedChannelException closedError() {
    var error = new ClosedChannelException();
    if (reason != null) {
      error.initCause(reason);
    }
    remember(error);
    return error;
  }

  /// {@return a failure of the channel, in the form that its coroutine sees} Any other failure is
  /// returned unchanged.
  Throwable lossOf(Throwable fault) {
    Throwable loss = Disconnects.inJdksTerms(fault);
    if (Disconnects.isOrdinary(loss)) {
      remember(loss);
    }
    return loss;
  }

  private void remember(Throwable loss) {
    Set<Throwable> known = losses;
    if (known == null) {
      known = Collections.newSetFromMap(new WeakHashMap<>());
      losses = known;
    }
    known.add(loss);
  }

  /// {@return whether [#lossOf] or a method of this object has returned or thrown this failure: an
  /// ordinary loss of this channel}
  boolean isLoss(@Nullable Throwable fault) {
    return switch (fault) {
      case null -> false;
      case UncheckedIOException unchecked -> isLoss(unchecked.getCause());
      case ExceptionGroup several -> several.exceptions().stream().allMatch(this::isLoss);
      default -> losses != null && losses.contains(fault);
    };
  }

  /// Passes everything to Netty and flushes, including what other code has written; loop's thread.
  void flushNow() {
    flushToNetty(true);
  }

  /// Passes everything requested since the last call to Netty; loop's thread.
  void flushToNetty() {
    flushToNetty(false);
  }

  private void flushToNetty(boolean all) {
    switch (state) {
      case CLOSED, DETACHED -> {}
      case ABORTING -> {
        discard(closedError());
        context.close();
      }
      case OPEN, CLOSING -> {
        writePending(all);
        finishIfSent();
        writabilityChanged();
      }
    }
  }

  /// @param all whether the rest is passed on even if the channel is not writable
  private void writePending(boolean all) {
    boolean wrote = flushWanted || all;
    flushWanted = false;
    // Netty adds about a hundred bytes per message; ignore them, so that more go together
    long room = channel.isWritable() ? channel.config().getWriteBufferHighWaterMark() : 0;
    while (!pending.isEmpty() && (all || room > 0 || channel.isWritable())) {
      ChannelPromise promise = context.newPromise(); // first, while this still owns the message
      Object entry = pending.remove();
      Object message = entry instanceof Sending sending ? sending.takeMessage() : entry;
      if (message != null) {
        int size = sizes.size(message);
        pendingBytes -= size;
        room -= size;
        unsent++;
        context
            .write(message, promise)
            .addListener(entry instanceof Sending sending ? sending : this);
        wrote = true;
      }
    }
    if (pending.isEmpty()) {
      pendingBytes = 0; // withdrawn messages were still counted
    }
    if (wrote) {
      context.flush();
    }
  }

  /// Called for a write that no coroutine awaits.
  @Override
  public void operationComplete(ChannelFuture written) {
    if (!written.isSuccess()) {
      writeFailed = true;
      if (fault == null && state != State.ABORTING) {
        fault = lossOf(written.cause());
        writable.wakeAll();
      }
    }
    finished();
  }

  private void finished() {
    unsent--;
    finishIfSent();
  }

  private void finishIfSent() {
    if (unsent > 0 || !pending.isEmpty()) {
      return;
    }
    if (state == State.CLOSING && !closeSent) {
      closeSent = true;
      context.close();
    } else if (state == State.OPEN && outputEnds && !outputEnded) {
      outputEnded = true;
      ((DuplexChannel) channel).shutdownOutput();
      markDirty.run();
    }
  }

  void writabilityChanged() {
    if (writable.hasAsleep() && !isFull()) {
      writable.wakeAll();
    }
    if (!pending.isEmpty() && channel.isWritable()) {
      markDirty.run();
    }
  }

  /// {@return why the channel has to be closed, or null} Called when Netty has shut down the
  /// output. Either a write failed for a reason other than the socket, and Netty drops later
  /// writes; or this object or other code with access to the channel requested it.
  @Nullable IOException outputShutDown() {
    if (outputEnded || state == State.ABORTING || state == State.CLOSED) {
      return null;
    }
    if (writeFailed) {
      return new IOException("a write failed, and Netty has shut down the output of " + channel);
    }
    outputEnds = true;
    outputEnded = true;
    return null;
  }

  boolean isAborting() {
    return state == State.ABORTING;
  }

  /// Passing messages to Netty failed: the rest is dropped, and the channel closed.
  void broken(IOException cause) {
    if (state == State.CLOSED || state == State.DETACHED) {
      return;
    }
    state = State.ABORTING;
    if (fault == null) {
      fault = cause;
    }
    discard(cause);
    writable.wakeAll();
    context.close();
  }

  boolean canWriteEof() {
    return channel instanceof DuplexChannel && channel.pipeline().get(SslHandler.class) == null;
  }

  void writeEof() {
    requireNotDetached();
    if (!canWriteEof()) {
      throw new UnsupportedOperationException(
          channel + " does not support a half-close; close it instead");
    }
    outputEnds = true;
    markDirty.run();
  }

  void close() {
    if (state == State.OPEN) {
      state = State.CLOSING;
      markDirty.run();
    }
  }

  void abort() {
    if (state == State.OPEN || state == State.CLOSING) {
      state = State.ABORTING;
      markDirty.run();
    }
  }

  void waitClosed() {
    while (state != State.CLOSED && state != State.DETACHED) {
      closed.await();
    }
  }

  /// {@return the failure of a write that was not reported yet, or null; the caller must report it}
  @Nullable Throwable takeFault() {
    Throwable taken = fault;
    fault = null;
    return taken;
  }

  void detached() {
    leave(State.DETACHED, new IllegalStateException("the channel was detached"));
  }

  /// The channel is closed or out of reach.
  ///
  /// @param why the failure; null if there was none
  void lost(@Nullable Throwable why) {
    if (state != State.DETACHED) {
      reason = why;
      leave(State.CLOSED, closedError());
    }
  }

  private void leave(State left, Throwable cause) {
    state = left;
    discard(cause);
    writable.wakeAll();
    closed.wakeAll();
  }

  private void discard(Throwable cause) {
    for (Object entry; (entry = pending.poll()) != null; ) {
      if (entry instanceof Sending sending) {
        sending.withdraw();
        sending.fail(cause);
      } else {
        ReferenceCountUtil.release(entry);
      }
    }
  }
}
