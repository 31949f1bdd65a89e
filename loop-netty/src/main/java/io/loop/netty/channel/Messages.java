package io.loop.netty.channel;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.base.PeerReports;
import io.loop.netty.core.ChannelCore;
import io.loop.netty.core.ChannelLife;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ServerChannel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.CodecException;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/// One channel of messages: the core with what has arrived, user events, and failures.
///
/// [CoroutineChannel] is its side for coroutines, [CoroutineHandler] its side in Netty's pipeline.
///
/// It is in use until the handler's body ends, or, if it has no body, until it is closed or aborted
/// by the coroutine that uses it. Messages that were not received by then are released.
///
/// @param <I> the type of the messages it receives
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
final class Messages<I> implements ChannelCore.Kind {

  private final ChannelHandlerContext context;
  private final Channel channel;
  private final Loop loop;
  private final HandlerOptions options;
  private final Inbound<I> inbound;
  private final MessageWrites writes;
  private final ChannelCore core;
  private @Nullable ChannelEvents events;
  private @Nullable Object turn; // the message that the body is using, if this has to release it
  private final ServedMessages served;
  private final boolean bodiless;
  private boolean inUse = true;

  Messages(ChannelHandlerContext context, Loop loop, HandlerOptions options, boolean bodiless) {
    this.context = context;
    this.channel = context.channel();
    this.loop = loop;
    this.options = options;
    this.bodiless = bodiless;
    this.inbound = new Inbound<>(loop, options.lastPart());
    this.writes = new MessageWrites(loop, context, this);
    this.core = writes.core();
    this.served = new ServedMessages(loop, core, inbound, writes);
    OpenChannels.of(loop).add(this);
  }

  Loop loop() {
    return loop;
  }

  ChannelHandlerContext context() {
    return context;
  }

  Channel channel() {
    return channel;
  }

  ChannelCore core() {
    return core;
  }

  MessageWrites writes() {
    return writes;
  }

  /// {@return it as its server sees it}
  ServedMessages served() {
    return served;
  }

  ChannelLife life() {
    return core.life();
  }

  // --- receiving ---

  @Nullable I receive() throws IOException {
    writes.requireNotDetached();
    inbound.await(core::wantRead);
    I message = inbound.take();
    if (core.isReadingPaused() && inbound.size() <= options.low()) {
      core.resumeReading();
    }
    return message;
  }

  /// Receives a message that this keeps, and releases when it is called again or the body ends.
  @Nullable I receiveInTurn() throws IOException {
    releaseTurn();
    I message = receive();
    turn = message;
    return message;
  }

  private void releaseTurn() {
    Object last = turn;
    turn = null;
    ReferenceCountUtil.release(last);
  }

  /// A message has arrived; it belongs to this channel from now on.
  void received(I message) {
    served.received();
    inbound.add(message);
    pauseReadingIfFull();
  }

  private void pauseReadingIfFull() {
    if (inbound.size() >= options.high() && !core.isReadingPaused()) {
      core.pauseReading();
    }
  }

  /// {@return the user events, starting with the first that the handler saw}
  ChannelEvents events() {
    ChannelEvents known = events;
    if (known == null) {
      known = new ChannelEvents(loop);
      events = known;
      if (life().isOver()) {
        known.end();
      }
    }
    return known;
  }

  void happened(Object event) {
    if (!life().isClosed()) {
      events().add(event);
    }
  }

  void inputEnded() {
    inbound.end();
  }

  /// The peer has shut down its output; the channel is open.
  void inputShutDown() {
    if (life().isClosed()) {
      return;
    }
    core.inputEnded();
    inbound.end();
    served.inputEnded();
    closeIfBothEnded();
  }

  /// A failure that the coroutine gets at its place in the order of messages.
  void failed(Throwable cause) {
    boolean dropped = inbound.isDiscarded() && cause instanceof CodecException; // as messages are
    if (!dropped && !inbound.fail(cause, options.high())) {
      reportUnseen(cause);
    }
    pauseReadingIfFull();
  }

  // --- writing ---

  void write(Object message) {
    served.written();
    writes.write(message);
  }

  void send(Object message) throws IOException {
    served.written();
    writes.send(message);
  }

  boolean canWriteEof() {
    return channel instanceof DuplexChannel && channel.pipeline().get(SslHandler.class) == null;
  }

  void writeEof() {
    writes.requireNotDetached();
    if (!canWriteEof()) {
      throw new UnsupportedOperationException(
          channel + " does not support a half-close; close it instead");
    }
    core.writeEof();
  }

  /// Netty has shut down the output. Either a write failed for a reason other than the socket, and
  /// Netty drops later writes; or this channel or other code requested it.
  void outputShutDown() {
    if (!core.outgoing().hasEnded() && life().isSending() && !served.isLingering()) {
      if (writes.haveFailed()) {
        broken(new IOException("a write failed, and Netty has shut down the output of " + channel));
        return;
      }
      core.outgoing().endedOutside();
    }
    closeIfBothEnded();
  }

  @Override
  public void outputEnded() {
    closeIfBothEnded();
  }

  private void closeIfBothEnded() {
    if (core.hasInputEnded() && core.outgoing().hasEnded()) {
      core.close();
    }
  }

  @Override
  public void lastSent(boolean all) {
    if (!canWriteEof() || !served.linger()) {
      core.closeChannel();
    }
  }

  // --- the end ---

  /// A coroutine closes the channel.
  void close() {
    if (bodiless && inUse) {
      useEnded(true);
    } else {
      core.close();
    }
  }

  /// A coroutine closes the channel immediately.
  void abort() {
    if (bodiless && inUse) {
      useEnded(false);
    } else {
      core.abort();
    }
  }

  /// The channel is broken for a reason on this side.
  private void broken(IOException why) {
    boolean _ = inbound.fail(why, Integer.MAX_VALUE);
    writes.broken(why);
  }

  @Override
  public void flushBroke(Throwable thrown) {
    var why =
        new IOException("writing to the channel failed: " + thrown.getClass().getName(), thrown);
    try {
      report("Exception while writing to a channel", thrown);
    } finally {
      broken(why);
    }
  }

  @Override
  public void lost() {
    served.stop();
    inbound.end();
    if (events != null) {
      events.end();
    }
    if (bodiless && inbound.size() == 0 && turn == null) {
      OpenChannels.of(loop).remove(this); // it may never be closed, and holds nothing
    }
    reportLeftOver();
  }

  /// The handler has left the pipeline of an open channel.
  void detached() {
    if (!served.isRunning()) {
      OpenChannels.of(loop).remove(this);
    }
    core.detach();
    inbound.handOver(context::fireChannelRead, context::fireExceptionCaught);
    context.fireChannelReadComplete();
    if (events != null) {
      events.end();
    }
    core.releaseReading();
  }

  /// The body has finished, or will never start; or the channel has none and was closed.
  void useEnded(boolean well) {
    inUse = false;
    OpenChannels.of(loop).remove(this);
    releaseTurn();
    if (life().isDetached()) {
      return;
    }
    discard();
    if (well) {
      core.close();
    } else {
      core.abort();
    }
    if (life().isClosed()) {
      reportLeftOver();
      if (channel.isOpen()) { // it has left its event loop
        channel.close();
      }
    } else {
      core.resumeReading(); // so that the peer's close is noticed
    }
  }

  private void discard() {
    releaseTurn();
    inbound.handOver(ReferenceCountUtil::release, this::reportUnseen);
    if (events != null) {
      events.discard();
    }
  }

  void loopClosed() {
    releaseTurn();
    if (!life().isDetached()) {
      discard();
      context.close();
    }
  }

  /// When both the use and the channel have ended, perhaps no call will throw a failed write.
  private void reportLeftOver() {
    if (!inbound.isDiscarded()) {
      return;
    }
    Throwable left = bodiless ? writes.fault() : writes.takeFault(); // waitClosed may come
    if (left != null) {
      reportUnseen(left);
    }
  }

  private void reportUnseen(Throwable unseen) {
    if (!(unseen instanceof IOException)) {
      report("Exception in a channel that its coroutine never retrieved", unseen);
    }
  }

  /// TLS has failed before the body began. For an accepted channel reported in debug mode only, as
  /// in asyncio: any peer can send garbage to a server, at any rate.
  void handshakeFailed(Throwable cause) {
    boolean byPeer = channel.parent() instanceof ServerChannel && cause instanceof IOException;
    if (!byPeer || loop.isDebug()) {
      report("The TLS handshake of a channel failed", cause);
    }
  }

  /// Calls the exception handler; in a test on an embedded channel, `checkException` throws it as
  /// well.
  void report(String message, Throwable thrown) {
    PeerReports.report(loop, message, thrown, "channel", channel);
    if (channel instanceof EmbeddedChannel) {
      context.fireExceptionCaught(thrown);
    }
  }

  @Override
  public String toString() {
    return "<CoroutineChannel " + Addresses.text(channel) + ">";
  }
}
