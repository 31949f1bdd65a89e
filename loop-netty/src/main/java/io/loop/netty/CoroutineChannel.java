package io.loop.netty;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Tasks;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.Iterator;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A Netty channel as a coroutine sees it: messages in, messages out.
///
/// Loop thread and coroutines of the channel's loop only. One coroutine at a time may receive; any
/// number may write. The receiver must release a reference-counted message. A written message
/// belongs to the channel, even if the write fails. Iterating returns the messages until the end of
/// the stream, and wraps an [IOException] in a [java.io.UncheckedIOException].
///
/// Messages that arrived before the end of the stream or a failure are received first. After that,
/// every call throws the failure of the connection, an [IOException]. Any other failure, such as a
/// decoder's [io.netty.handler.codec.DecoderException], is thrown once, at its place in the order
/// of messages.
///
/// @param <I> the type of the messages it receives
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
public final class CoroutineChannel<I> implements Iterable<I>, Dirty {

  /*
   * There are two callers, never at the same time: the loop's thread, for the handler and
   * flushToNetty, and coroutines of the loop, which only change fields of this class and mark it
   * dirty. Everything that changes the channel runs on the loop's thread.
   *
   * Reading is paused with `autoRead`, but only if it was on; `readingPaused` records that. If the
   * channel's owner has turned it off, the channel is read once for each receive that has to wait.
   * After a half-close by the peer, read() is not called again, because epoll would close the
   * channel.
   *
   * The file is long because every method carries its contract; the work is done by Inbound and
   * Outbound.
   */

  private final CoroutineHandler<I> handler;
  private final ChannelHandlerContext context;
  private final Channel channel;
  private final Loop loop;
  private final NettyDriver driver;
  private final HandlerOptions options;
  private final Inbound<I> inbound;
  private final Outbound outbound;
  private @Nullable ChannelEvents events;
  // after a half-close on an event loop that Netty created
  private @Nullable EpollReturn epollReturn;

  private boolean dirty;
  private boolean readingPaused;
  private boolean readWanted;
  private boolean inputShut;

  CoroutineChannel(
      CoroutineHandler<I> handler,
      ChannelHandlerContext context,
      Loop loop,
      HandlerOptions options) {
    this.handler = handler;
    this.context = context;
    this.channel = context.channel();
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.options = options;
    this.inbound = new Inbound<>(loop);
    this.outbound = new Outbound(loop, context, this::markDirty);
    OpenChannels.of(loop).add(this);
  }

  /// {@return the next message, or null at the end of the stream} Suspends until there is one, and
  /// is a cancellation point only then. A cancelled call takes no message.
  ///
  /// The caller must release the message if it is reference-counted.
  ///
  /// @throws IOException if the connection failed
  /// @throws IllegalStateException if another coroutine is waiting to receive, or after [#detach]
  public @Nullable I receive() throws IOException {
    loop.checkTurn();
    outbound.requireNotDetached();
    inbound.await(this::wantRead);
    I message = inbound.take();
    if (readingPaused && inbound.size() <= options.low()) {
      markDirty();
    }
    return message;
  }

  /// Uses one message.
  ///
  /// @param <I> the type of the message
  /// @param <X> the type of the exception that the use may throw
  @FunctionalInterface
  public interface Use<I, X extends Exception> {

    /// Uses a message, which is released when this returns or throws. May suspend.
    ///
    /// @param message the message; retain it to keep it
    /// @throws X if the use fails
    void use(I message) throws X;
  }

  /// Receives a message, uses it and releases it. Suspends as [#receive()] does.
  ///
  /// @param use what to do with it
  /// @param <X> the type of the exception that the use may throw
  /// @return false at the end of the stream
  /// @throws IOException if the connection failed
  /// @throws X if the use fails
  public <X extends Exception> boolean receive(Use<? super I, X> use) throws IOException, X {
    I message = receive();
    if (message == null) {
      return false;
    }
    try {
      use.use(message);
    } finally {
      ReferenceCountUtil.release(message);
    }
    return true;
  }

  /// {@return the messages until the end of the stream; the caller must release each}
  @Override
  public Iterator<I> iterator() {
    return new ReceivedMessages<>(this::receive);
  }

  /// Writes a message. It is flushed when the loop next polls, together with everything else
  /// written by then. Never suspends, so call [#drain] regularly.
  ///
  /// The message belongs to the channel from now on. If the channel is closing or closed, the
  /// message is released, and [#drain] throws.
  ///
  /// @param message the message, for the handlers before this one
  /// @throws IllegalStateException after [#detach] or [#writeEof]; the message is released
  public void write(Object message) {
    loop.checkTurn();
    Objects.requireNonNull(message, "message");
    outbound.write(message);
  }

  /// Passes everything written to Netty and flushes it now. Never suspends.
  ///
  /// Rarely needed: the loop does it automatically when it next polls. If a half-closed channel has
  /// to be registered again first (see [CoroutineHandler]), the flush happens after that.
  public void flush() {
    loop.checkTurn();
    if (epollReturn != null) {
      markDirty(); // it may have to wait
      return;
    }
    Tasks.onLoopThread(() -> {
      outbound.flushNow();
      return true;
    });
  }

  /// Writes a message and waits until it is sent. Coroutine only; suspends.
  ///
  /// The message belongs to the channel from now on. If the call is cancelled before the message
  /// was passed to Netty, the message is withdrawn; otherwise it is still sent completely.
  ///
  /// @param message the message, for the handlers before this one
  /// @throws ClosedChannelException if the channel is closing or closed
  /// @throws IOException if the connection failed
  /// @throws CancelledError if the calling task was cancelled
  /// @throws IllegalStateException after [#detach] or [#writeEof]; the message is released
  public void send(Object message) throws IOException {
    loop.checkTurn();
    Objects.requireNonNull(message, "message");
    outbound.send(message);
  }

  /// Flushes, and waits until the channel is writable again. Coroutine only; suspends, and is a
  /// cancellation point, only while too much is pending: bytes up to Netty's high-water mark, or 64
  /// messages that wait for the flush.
  ///
  /// If a [#write] has failed since the last call, throws the first failure, once.
  ///
  /// @throws ClosedChannelException if the channel is closed
  /// @throws IOException if the connection failed
  /// @throws IllegalStateException after [#detach]
  public void drain() throws IOException {
    loop.checkTurn();
    outbound.drain();
  }

  /// {@return the user events of the pipeline, starting with the first that this handler saw} The
  /// events are passed on as well.
  public ChannelEvents events() {
    loop.checkTurn();
    ChannelEvents known = events;
    if (known == null) {
      known = new ChannelEvents(loop);
      events = known;
      if (outbound.isLost() || outbound.isDetached()) {
        known.end();
      }
    }
    return known;
  }

  /// Shuts down the output after everything written is sent; the channel can still receive. Never
  /// suspends. When the peer has shut down its output too, the channel closes.
  ///
  /// @throws UnsupportedOperationException if [#canWriteEof] is false
  /// @throws IllegalStateException after [#detach]
  public void writeEof() {
    loop.checkTurn();
    outbound.writeEof();
  }

  /// {@return whether the channel supports a half-close: a socket does, TLS and an HTTP/2 stream do
  /// not}
  public boolean canWriteEof() {
    loop.checkTurnToRead();
    return outbound.canWriteEof();
  }

  /// Closes the channel after everything written is sent, and waits for that. Coroutine only;
  /// suspends unless it is closed. Nothing more is received once it is closed.
  ///
  /// A slow peer can delay this without limit. Use a timeout, and [#abort] when it expires.
  ///
  /// @throws IOException if something that was written could not be sent
  public void close() throws IOException {
    loop.checkTurn();
    outbound.close();
    outbound.waitClosed();
    Throwable fault = outbound.takeFault();
    if (fault != null) {
      throw Rethrow.unchecked(fault);
    }
  }

  /// Closes the channel immediately; data that is not sent yet is dropped. Never suspends.
  public void abort() {
    loop.checkTurn();
    outbound.abort();
  }

  /// Waits until the channel is closed. Coroutine only; suspends unless it is.
  public void waitClosed() {
    loop.checkTurn();
    outbound.waitClosed();
  }

  /// {@return whether the channel is closed, or closing}
  public boolean isClosing() {
    loop.checkTurnToRead();
    return !outbound.isOpen();
  }

  /// Detaches the coroutine from the channel: removes the handler from the pipeline and passes the
  /// queued messages to the next handler. If there is none, Netty releases them. Everything written
  /// is flushed. The channel stays open, also when the coroutine finishes. Never suspends.
  ///
  /// To replace this handler by another one, first add the other one after it.
  ///
  /// @throws IllegalStateException if the channel is closing or closed, or is already detached
  public void detach() {
    loop.checkTurn();
    if (!outbound.isOpen()) {
      throw new IllegalStateException("cannot detach " + channel + ": it is closed or detached");
    }
    Tasks.onLoopThread(() -> {
      outbound.flushNow();
      return context.pipeline().remove(handler);
    });
  }

  /// {@return the channel, for its attributes, options and pipeline}
  ///
  /// Change the pipeline on the loop's thread, with [Tasks#onLoopThread].
  public Channel nettyChannel() {
    return channel;
  }

  /// {@return the address of this side, or null if the channel has none}
  public @Nullable SocketAddress localAddress() {
    return channel.localAddress();
  }

  /// {@return the address of the peer, or null if the channel has none}
  public @Nullable SocketAddress remoteAddress() {
    return Addresses.peerOf(channel);
  }

  /// {@return the loop of this channel and its coroutine} Any thread.
  public Loop getLoop() {
    return loop;
  }

  private void wantRead() {
    if (!readingPaused && !channel.config().isAutoRead()) {
      readWanted = true;
      markDirty();
    }
  }

  private void markDirty() {
    if (!dirty) {
      driver.addDirty(this);
      dirty = true; // not if memory ran out before
    }
  }

  @Override
  public void flushToNetty() {
    dirty = false;
    if (epollReturn != null
        && outbound.hasToWrite()
        && !epollReturn.mayWrite(() -> driver.flush(this))) {
      return;
    }
    outbound.flushToNetty();
    applyReading();
    if (inputShut && outbound.hasEnded()) {
      outbound.close();
    }
  }

  @Override
  public void flushFailed(Throwable fault) {
    var reason =
        new IOException("writing to the channel failed: " + fault.getClass().getName(), fault);
    handler.broken(reason);
    report("Exception while writing to a channel", fault);
    inbound.fail(reason, Integer.MAX_VALUE);
    outbound.broken(reason);
  }

  private void applyReading() {
    if (inputShut || outbound.isLost() || outbound.isDetached()) {
      return;
    }
    if (readingPaused && inbound.size() <= options.low()) {
      readingPaused = false;
      channel.config().setAutoRead(true);
    }
    if (readWanted) {
      readWanted = false;
      context.read();
    }
  }

  boolean isDetached() {
    return outbound.isDetached();
  }

  boolean isLost() {
    return outbound.isLost();
  }

  /// A message has arrived; it belongs to this channel from now on.
  void received(I message) {
    inbound.add(message);
    pauseReadingIfFull();
  }

  private void pauseReadingIfFull() {
    if (!readingPaused && inbound.size() >= options.high() && channel.config().isAutoRead()) {
      readingPaused = true;
      channel.config().setAutoRead(false);
    }
  }

  void happened(Object event) {
    if (!outbound.isLost()) {
      events().add(event);
    }
  }

  void inputEnded() {
    inbound.end();
  }

  /// The peer has shut down its output; the channel is open.
  void inputShutDown() {
    if (outbound.isLost()) {
      return;
    }
    inputShut = true;
    epollReturn = EpollReturn.of(channel);
    inbound.end();
    if (outbound.hasEnded()) {
      markDirty();
    }
  }

  /// {@return a failure of the channel, in the form that its coroutine sees}
  Throwable lossOf(Throwable fault) {
    return outbound.lossOf(fault);
  }

  boolean isLoss(Throwable fault) {
    return outbound.isLoss(fault);
  }

  /// {@return whether this side is aborting it}
  boolean isAborting() {
    return outbound.isAborting();
  }

  /// Netty has shut down the output.
  void outputShutDown() {
    IOException reason = outbound.outputShutDown();
    if (reason != null) {
      handler.broken(reason);
      inbound.fail(reason, Integer.MAX_VALUE);
      outbound.broken(reason);
    } else if (inputShut) {
      markDirty();
    }
  }

  /// {@return whether it is deregistered from its event loop only to be registered again}
  boolean isComingBack() {
    return epollReturn != null && epollReturn.isUnderWay();
  }

  void failed(Throwable cause) {
    if (!inbound.fail(cause, options.high())) {
      reportUnseen(cause);
    }
    pauseReadingIfFull();
  }

  void writabilityChanged() {
    outbound.writabilityChanged();
  }

  void lost(@Nullable Throwable why) {
    inbound.end();
    outbound.lost(why);
    if (events != null) {
      events.end();
    }
    reportLeftOver();
  }

  /// The handler has left the pipeline of an open channel.
  void detached() {
    OpenChannels.of(loop).remove(this);
    outbound.detached();
    inbound.handOver(context::fireChannelRead, context::fireExceptionCaught);
    context.fireChannelReadComplete();
    if (events != null) {
      events.end();
    }
    if (readingPaused && !inputShut) {
      readingPaused = false;
      channel.config().setAutoRead(true);
    }
  }

  /// The coroutine has finished, or will never start.
  void bodyEnded(boolean well) {
    if (outbound.isDetached()) {
      return;
    }
    OpenChannels.of(loop).remove(this);
    discard();
    if (well) {
      outbound.close();
    } else {
      outbound.abort();
    }
    if (outbound.isLost()) {
      reportLeftOver();
      channel.close(); // it is open only if it has left its event loop
    } else {
      markDirty(); // reading continues, so that the peer's close is noticed
    }
  }

  private void discard() {
    inbound.handOver(ReferenceCountUtil::release, this::reportUnseen);
    if (events != null) {
      events.discard();
    }
  }

  void loopClosed() {
    discard();
    context.close();
  }

  /// When both the body and the channel have ended, no call can throw a failed write any more.
  private void reportLeftOver() {
    Throwable fault = inbound.isDiscarded() ? outbound.takeFault() : null;
    if (fault != null) {
      reportUnseen(fault);
    }
  }

  private void reportUnseen(Throwable fault) {
    if (!(fault instanceof IOException)) {
      report("Exception in a channel that its coroutine never retrieved", fault);
    }
  }

  /// Calls the exception handler; in a test on an embedded channel, `checkException` throws it as
  /// well.
  void report(String message, Throwable fault) {
    PeerReports.report(loop, message, fault, "channel", channel);
    if (channel instanceof EmbeddedChannel) {
      context.fireExceptionCaught(fault);
    }
  }

  @Override
  public String toString() {
    return "<CoroutineChannel " + Addresses.text(channel) + ">";
  }
}
