package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
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

/// What a coroutine writes to its channel, until Netty has sent it.
@SuppressWarnings("FutureReturnValueIgnored") // what Netty returns is listened to, or says nothing
final class Outbound implements ChannelFutureListener {

  /*
   *   OPEN --close--> CLOSING (what was written is sent first) --inactive--> CLOSED
   *     |`--abort--> ABORTING (what was written is dropped) --inactive--> CLOSED
   *      `--detach--> DETACHED (the channel is somebody else's)
   *
   * Coroutines put messages into `pending`; flushToNetty hands them to Netty while the channel is
   * writable, and flushes once. What is left follows when the channel is writable again: a message
   * takes direct memory from when it is encoded.
   * `unsent` counts what Netty has and has not reported on; this object is the listener of all
   * writes that nobody awaits. The channel is closed, or its output shut down, when both are empty.
   *
   * Netty's mark for "full" counts bytes; ours on `pending` also counts messages, since the size of
   * a message that is not bytes yet is a guess.
   *
   * A message is released exactly once: by Netty if it got it, else here.
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

    /// {@return the message, or null if this was cancelled: then it is released}
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
  private final Waiters writable;
  private final Waiters closed;

  private State state = State.OPEN;
  private long pendingBytes;
  private int unsent;
  private boolean flushWanted;
  private boolean outputEnds;
  private boolean outputEnded;
  private boolean closeSent;
  private boolean writeFailed;
  private @Nullable Set<Throwable> losses; // what coroutines were given, as long as they keep it
  private @Nullable Throwable fault;
  private @Nullable Throwable reason;

  Outbound(Loop loop, ChannelHandlerContext context, Runnable markDirty) {
    this.loop = loop;
    this.context = context;
    this.channel = context.channel();
    this.markDirty = markDirty;
    this.sizes = channel.config().getMessageSizeEstimator().newHandle();
    this.writable = new Waiters(loop);
    this.closed = new Waiters(loop);
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

  /// {@return a failure of the channel as its coroutine may see it} Any other is returned as it is.
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

  /// {@return whether a failure is one that [#lossOf] or a method of this object has returned or
  /// thrown: this channel is gone, as channels go every day}
  boolean isLoss(@Nullable Throwable fault) {
    return switch (fault) {
      case null -> false;
      case UncheckedIOException unchecked -> isLoss(unchecked.getCause());
      case ExceptionGroup several -> several.exceptions().stream().allMatch(this::isLoss);
      default -> losses != null && losses.contains(fault);
    };
  }

  /// Hands over and flushes even what others have written; loop's thread.
  void flushNow() {
    flushToNetty(true);
  }

  /// Does with Netty what was asked since the last call; loop's thread.
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

  /// @param all whether a channel that is not writable is given the rest nevertheless
  private void writePending(boolean all) {
    boolean wrote = flushWanted || all;
    flushWanted = false;
    // Netty counts a hundred bytes beside each message: without those, so many still go together
    long room = channel.isWritable() ? channel.config().getWriteBufferHighWaterMark() : 0;
    while (!pending.isEmpty() && (all || room > 0 || channel.isWritable())) {
      ChannelPromise promise = context.newPromise(); // first, while the message is still ours
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
      pendingBytes = 0; // what was withdrawn counted until now
    }
    if (wrote) {
      context.flush();
    }
  }

  /// Hears of a write that nobody awaits.
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
    if (!writable.isEmpty() && !isFull()) {
      writable.wakeAll();
    }
    if (!pending.isEmpty() && channel.isWritable()) {
      markDirty.run();
    }
  }

  /// {@return why the channel has to be closed, or null} Netty has ended the output: since a write
  /// failed for another reason than the socket, and then it drops what it is given from now on; or
  /// since we or others who have the channel asked for it.
  @Nullable IOException outputShutDown() {
    if (outputEnded || state == State.ABORTING || state == State.CLOSED) {
      return null;
    }
    if (writeFailed) {
      return new IOException("a write failed, and Netty has ended the output of " + channel);
    }
    outputEnds = true;
    outputEnded = true;
    return null;
  }

  boolean isAborting() {
    return state == State.ABORTING;
  }

  /// Handing over failed: what was not handed over is dropped, and the channel closed.
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
          channel + " cannot end one direction alone; close it instead");
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

  /// {@return the failure of a write that nobody has been told of, or null; the caller tells}
  @Nullable Throwable takeFault() {
    Throwable taken = fault;
    fault = null;
    return taken;
  }

  void detached() {
    leave(State.DETACHED, new IllegalStateException("the channel was detached"));
  }

  /// The channel is closed, or out of reach.
  ///
  /// @param why what it failed with; null if it did not
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
