package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.base.Rethrow;
import io.loop.netty.core.Pending;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.MessageSizeEstimator;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Messages that wait to be passed to Netty, in order, and those that Netty has not sent.
final class PendingMessages implements Pending, ChannelFutureListener {

  /*
   * `unsent` counts the writes that Netty has not completed yet; this object is the listener of all
   * writes that no coroutine awaits. Messages are passed on while the channel is writable. The rest
   * follows when it is writable again, because a message takes direct memory as soon as it is
   * encoded.
   *
   * Netty's high-water mark counts bytes. The one here also counts messages, because the size of a
   * message that is not encoded yet is a guess.
   *
   * A message is released exactly once: by Netty if it was passed on, otherwise here.
   */

  /// Where the failures of writes go.
  interface Listener {

    /// A write failed.
    ///
    /// @param awaited whether a coroutine gets the failure anyway
    /// @return the failure in the form that coroutines see
    Throwable writeFailed(Throwable cause, boolean awaited);

    /// {@return the failure of a write that is dropped}
    Throwable dropped();
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
      if (!written.isSuccess()) {
        fail(listener.writeFailed(written.cause(), true));
      } else if (!sent.isDone() && !loop.isClosed()) {
        sent.setResult(null);
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

  private static final int MOST = 64;

  private final Loop loop;
  private final ChannelHandlerContext context;
  private final Channel channel;
  private final Listener listener;
  private final MessageSizeEstimator.Handle sizes;
  private final ArrayDeque<Object> queue = new ArrayDeque<>(1);
  private long bytes;
  private int unsent;
  private long passed;
  private boolean flushWanted;
  private @Nullable Consumer<Boolean> afterwards;

  PendingMessages(Loop loop, ChannelHandlerContext context, Listener listener) {
    this.loop = loop;
    this.context = context;
    this.channel = context.channel();
    this.listener = listener;
    this.sizes = channel.config().getMessageSizeEstimator().newHandle();
  }

  void add(Object message) {
    add(message, message);
  }

  private void add(Object entry, Object message) {
    queue.add(entry);
    bytes += sizes.size(message);
  }

  /// Adds a message and waits until it is sent. Coroutine only; a cancelled caller withdraws it if
  /// Netty does not have it yet.
  ///
  /// @param added called after the message was added
  void send(Object message, Runnable added) {
    var sending = new Sending(message);
    add(sending, message);
    added.run();
    try {
      sending.sent.await();
    } catch (CancelledError cancelled) {
      sending.withdraw();
      throw cancelled;
    }
  }

  int size() {
    return queue.size();
  }

  /// {@return how many messages were passed on so far}
  long passed() {
    return passed;
  }

  /// Makes the next [#pass] flush, even if nothing is pending: other code may have written.
  void wantFlush() {
    flushWanted = true;
  }

  @Override
  public boolean isEmpty() {
    return queue.isEmpty();
  }

  @Override
  public boolean isFull() {
    return queue.size() >= MOST || bytes > channel.config().getWriteBufferHighWaterMark();
  }

  @Override
  public boolean canPass() {
    return !queue.isEmpty() && channel.isWritable();
  }

  @Override
  public void pass(boolean all) {
    boolean wrote = flushWanted || all;
    flushWanted = false;
    // Netty adds about a hundred bytes per message; ignore them, so that more go together
    long room = channel.isWritable() ? channel.config().getWriteBufferHighWaterMark() : 0;
    while (!queue.isEmpty() && (all || room > 0 || channel.isWritable())) {
      ChannelPromise promise = context.newPromise(); // first, while this still owns the message
      Object entry = queue.remove();
      Object message = entry instanceof Sending sending ? sending.takeMessage() : entry;
      if (message != null) {
        int size = sizes.size(message);
        bytes -= size;
        room -= size;
        unsent++;
        passed++;
        context
            .write(message, promise)
            .addListener(entry instanceof Sending sending ? sending : this);
        wrote = true;
      }
    }
    if (queue.isEmpty()) {
      bytes = 0; // withdrawn messages were still counted
    }
    if (wrote) {
      context.flush();
    }
  }

  /// Called for a write that no coroutine awaits.
  @Override
  public void operationComplete(ChannelFuture written) {
    if (!written.isSuccess()) {
      Throwable _ = listener.writeFailed(written.cause(), false);
    }
    finished();
  }

  private void finished() {
    unsent--;
    Consumer<Boolean> action = afterwards;
    if (unsent == 0 && action != null) {
      afterwards = null;
      action.accept(true);
    }
  }

  @Override
  public void afterSent(Consumer<Boolean> action) {
    if (unsent == 0) {
      action.accept(true);
    } else {
      afterwards = action;
    }
  }

  @Override
  public void drop() {
    if (queue.isEmpty()) {
      return;
    }
    Throwable cause = listener.dropped();
    bytes = 0;
    Throwable fault = null;
    for (Object entry; (entry = queue.poll()) != null; ) {
      try {
        drop(entry, cause);
      } catch (Throwable thrown) { // code of the program, which may throw anything
        fault = fault == null ? thrown : fault;
      }
    }
    if (fault != null) {
      throw Rethrow.unchecked(fault);
    }
  }

  private static void drop(Object entry, Throwable cause) {
    if (entry instanceof Sending sending) {
      sending.fail(cause);
      sending.withdraw();
    } else {
      ReferenceCountUtil.release(entry);
    }
  }
}
