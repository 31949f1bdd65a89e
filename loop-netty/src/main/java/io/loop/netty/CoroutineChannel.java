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
/// number may write. A message that is received is the receiver's to release; a message that is
/// written is the channel's, whatever becomes of it. Iterating gives the messages until the end,
/// and throws [java.io.UncheckedIOException] around what receiving throws.
///
/// Receiving first gives the messages that came before the end or a failure. A failure of the
/// connection, an [IOException], is then thrown by every later call; any other, such as a decoder's
/// [io.netty.handler.codec.DecoderException], is thrown once, in its place among the messages.
///
/// @param <I> the type of the messages it receives
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
public final class CoroutineChannel<I> implements Iterable<I>, Dirty {

  /*
   * Two callers, never at once: the loop's thread, for the handler and flushToNetty, and coroutines
   * of the loop, which only change fields of ours and mark this dirty. What changes the channel runs
   * on the loop's thread.
   *
   * Reading is stopped by `autoRead`, and only by us if it was on: `readingPaused` says so. A channel
   * whose owner has turned it off is read once for each receive that has to wait. After the peer has
   * ended its direction the channel is not told to read again: epoll closes it for that.
   *
   * The file is long because every method carries its contract; the work is Inbound's and Outbound's.
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
  private @Nullable EpollReturn epollReturn; // after a half-close on an event loop of Netty's own

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

  /// {@return the next message, or null at the end of the stream} Suspends until there is one; a
  /// cancellation point only then, and a cancelled call takes nothing.
  ///
  /// The message is the caller's, who releases it if it is reference-counted.
  ///
  /// @throws IOException if the connection failed
  /// @throws IllegalStateException if another coroutine waits in here, or after [#detach]
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

  /// What is done with one message.
  ///
  /// @param <I> the type of the message
  /// @param <X> what it may throw
  @FunctionalInterface
  public interface Use<I, X extends Exception> {

    /// Uses a message, which is released when this returns or throws. May suspend.
    ///
    /// @param message the message; retain it to keep it
    /// @throws X if it likes
    void use(I message) throws X;
  }

  /// Receives a message, uses it and releases it. Suspends as [#receive()] does.
  ///
  /// @param use what to do with it
  /// @param <X> what that may throw
  /// @return false at the end of the stream
  /// @throws IOException if the connection failed
  /// @throws X if the use failed
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

  /// {@return the messages until the end of the stream; each is the caller's}
  @Override
  public Iterator<I> iterator() {
    return new ReceivedMessages<>(this::receive);
  }

  /// Writes a message; it is flushed with everything else that is written until the loop looks at
  /// the outside world again. Never suspends, so [#drain] now and then.
  ///
  /// The message is the channel's from now on. If the channel is closing or closed it is released,
  /// and [#drain] tells of it.
  ///
  /// @param message the message, for the handlers before this one
  /// @throws IllegalStateException after [#detach] or [#writeEof]; the message is released
  public void write(Object message) {
    loop.checkTurn();
    Objects.requireNonNull(message, "message");
    outbound.write(message);
  }

  /// Hands everything written to Netty, and flushes, now. Never suspends.
  ///
  /// Rarely needed: it happens by itself when the loop next looks at the outside world. Where a
  /// half-closed channel has to be registered anew (see [CoroutineHandler]) it happens after that.
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
  /// The message is the channel's from now on. A cancelled call takes it back if Netty has not got
  /// it yet, else it is sent whole.
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

  /// Flushes, and waits until the channel takes more. Coroutine only; suspends, and is a
  /// cancellation point, only while there is too much: Netty's high-water mark of bytes, or 64
  /// messages that wait for the flush.
  ///
  /// Throws, once, what the first failed [#write] since the last call failed with.
  ///
  /// @throws ClosedChannelException if the channel is closed
  /// @throws IOException if the connection failed
  /// @throws IllegalStateException after [#detach]
  public void drain() throws IOException {
    loop.checkTurn();
    outbound.drain();
  }

  /// {@return the user events of the pipeline, from the first on that this handler saw} The events
  /// pass on as well.
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

  /// Ends this direction after what was written is sent; receiving goes on. Never suspends. When
  /// the peer has ended its direction too, the channel closes.
  ///
  /// @throws UnsupportedOperationException if [#canWriteEof] is false
  /// @throws IllegalStateException after [#detach]
  public void writeEof() {
    loop.checkTurn();
    outbound.writeEof();
  }

  /// {@return whether the channel can end one direction alone: a socket can, TLS and a stream of
  /// HTTP/2 cannot}
  public boolean canWriteEof() {
    loop.checkTurnToRead();
    return outbound.canWriteEof();
  }

  /// Closes the channel after what was written is sent, and waits for that. Coroutine only;
  /// suspends unless it is closed. Nothing is received any more once it is closed.
  ///
  /// There is no limit to how long a peer may take; put a timeout around it, and [#abort].
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

  /// Closes the channel at once; what was written and not sent is dropped. Never suspends.
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

  /// Leaves the channel to others: takes the handler out of the pipeline and hands the messages
  /// that wait to the handler behind it, if there is none to Netty, which releases them. What was
  /// written is flushed. The channel stays open, and the end of the coroutine does not close it.
  /// Never suspends.
  ///
  /// To put another handler in this one's place, add it behind this one first.
  ///
  /// @throws IllegalStateException if the channel is closing or closed, or was detached before
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

  /// {@return the loop this channel, and its coroutine, live on} Any thread.
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
      dirty = true; // not if there was no memory for that
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

  /// A message has come; it is this channel's from now on.
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

  /// The peer has ended its direction; the channel is open.
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

  /// {@return a failure of the channel as its coroutine may see it}
  Throwable lossOf(Throwable fault) {
    return outbound.lossOf(fault);
  }

  boolean isLoss(Throwable fault) {
    return outbound.isLoss(fault);
  }

  /// {@return whether it is being closed at once, by us}
  boolean isAborting() {
    return outbound.isAborting();
  }

  /// Netty has ended the output.
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

  /// {@return whether it has left its event loop to come back at once}
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

  /// The coroutine has ended, or will never start.
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
      markDirty(); // reading goes on, so that the peer's end is noticed
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

  /// When both the body and the channel are at their end, nobody can ask for a failed write any
  /// more.
  private void reportLeftOver() {
    Throwable fault = inbound.isDiscarded() ? outbound.takeFault() : null;
    if (fault != null) {
      reportUnseen(fault);
    }
  }

  private void reportUnseen(Throwable fault) {
    if (!(fault instanceof IOException)) {
      report("Exception in a channel that its coroutine never asked for", fault);
    }
  }

  /// Tells the exception handler; in a test on an embedded channel its `checkException` as well.
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
