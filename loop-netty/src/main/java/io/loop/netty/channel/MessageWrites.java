package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.base.Rethrow;
import io.loop.netty.core.ChannelCore;
import io.loop.netty.core.ChannelLife;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/// The writing side of a channel of messages, and the failures that its coroutines get.
///
/// The channel's loop only.
final class MessageWrites implements PendingMessages.Listener {

  private final PendingMessages pending;
  private final ChannelCore core;
  private final Losses losses = new Losses();
  private boolean failed;
  private @Nullable Throwable fault; // of a write, until a coroutine gets it
  private @Nullable Throwable reason; // why the connection ended

  MessageWrites(Loop loop, ChannelHandlerContext context, ChannelCore.Kind kind) {
    this.pending = new PendingMessages(loop, context, this);
    this.core = new ChannelCore(loop, context.channel(), context, pending, kind);
  }

  ChannelCore core() {
    return core;
  }

  private ChannelLife life() {
    return core.life();
  }

  /// {@return how many messages were passed to Netty so far}
  long passed() {
    return pending.passed();
  }

  int waiting() {
    return pending.size();
  }

  /// {@return whether the channel takes messages}
  boolean isOpen() {
    return life().isOpen() && !core.outgoing().isEnding();
  }

  void write(Object message) {
    if (isOpen()) {
      pending.add(message);
      core.written();
      return;
    }
    ReferenceCountUtil.release(message);
    requireNotDetached();
    if (core.outgoing().isEnding()) {
      throw new IllegalStateException("Cannot write after writeEof()");
    }
  }

  void send(Object message) throws IOException {
    if (isOpen()) {
      pending.send(message, core::written);
    } else {
      write(message); // releases it
      throw closedError();
    }
  }

  void drain() throws IOException {
    requireHealthy();
    while (core.outgoing().isFull()) {
      pending.wantFlush();
      core.markDirty();
      core.outgoing().awaitRoom();
      requireHealthy();
    }
  }

  private void requireHealthy() throws IOException {
    requireNotDetached();
    Throwable thrown = takeFault();
    if (thrown != null) {
      throw Rethrow.unchecked(thrown);
    }
    if (life().isAborting() || life().isClosed()) {
      throw closedError();
    }
  }

  void requireNotDetached() {
    if (life().isDetached()) {
      throw new IllegalStateException("the channel was detached from this coroutine");
    }
  }

  private ClosedChannelException closedError() {
    var error = new ClosedChannelException();
    if (reason != null) {
      error.initCause(reason);
    }
    losses.remember(error);
    return error;
  }

  @Override
  public Throwable writeFailed(Throwable cause, boolean awaited) {
    failed = true;
    if (awaited) {
      return losses.translate(cause);
    }
    if (fault == null && !life().isAborting()) {
      fault = losses.translate(cause);
      core.outgoing().wakeWriters();
    }
    return cause;
  }

  @Override
  public Throwable dropped() {
    return life().isDetached()
        ? new IllegalStateException("the channel was detached")
        : closedError();
  }

  /// {@return whether a write has failed}
  boolean haveFailed() {
    return failed;
  }

  /// {@return the failure of a write that was not reported yet, or null; a coroutine can still get
  /// it}
  @Nullable Throwable fault() {
    return fault;
  }

  /// {@return the failure of a write that was not reported yet, or null; the caller must report it}
  @Nullable Throwable takeFault() {
    Throwable taken = fault;
    fault = null;
    return taken;
  }

  /// {@return a failure of the channel, in the form that its coroutine sees}
  Throwable lossOf(Throwable thrown) {
    return losses.translate(thrown);
  }

  boolean isLoss(Throwable thrown) {
    return losses.contains(thrown);
  }

  /// The connection ends for a reason; the first one counts.
  void endsBecause(Throwable why) {
    if (reason == null) {
      reason = why;
    }
  }

  /// The connection ends because of a limit, which is the peer's doing: a loss.
  void cutBecause(IOException why) {
    endsBecause(why);
    losses.remember(why);
  }

  /// Passing messages to Netty failed, or Netty sends no more. After an abort, dropped writes are
  /// no failure.
  void broken(IOException why) {
    endsBecause(why);
    if (fault == null && life().isSending()) {
      fault = why;
    }
    core.breakNow(why);
  }
}
