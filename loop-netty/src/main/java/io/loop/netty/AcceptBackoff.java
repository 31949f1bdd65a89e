package io.loop.netty;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;

/// Stops accepting for a second when the system has run out of something, descriptors mostly, or
/// this process of memory. Any other failure is that of one connection.
///
/// Source: asyncio's accept loop, Python 3.15.
final class AcceptBackoff extends ChannelInboundHandlerAdapter implements Dirty {

  /*
   *   ACCEPTING --fault--> PAUSED --a second later--> ACCEPTING
   *
   * A listener that is not read any more never comes back by itself, so a pause must end. Where there
   * is no memory for its timer, or for reading again, the listener goes onto the driver's list, which
   * is tried until it works. Netty's own handler behind this one may pause the listener too, and fail
   * to arrange the end of it: so what it does is looked at.
   *
   * On NIO the system's text is all that tells one failure from another, and may be in any language.
   * So many failures in a row, with no connection between them, are a pause too: else the listener
   * would be asked again and again.
   */

  static final Duration PAUSE = Duration.ofSeconds(1);

  private static final String MESSAGE = "Could not accept a connection";
  static final int MOST_IN_A_ROW = 100;

  private final Loop loop;
  private final Channel listener;
  private boolean paused;
  private int failedInARow;
  private volatile boolean ending;

  AcceptBackoff(Loop loop, Channel listener) {
    this.loop = loop;
    this.listener = listener;
  }

  /// Tells a listener that it is about to be closed: what fails from now on is no fault. Any
  /// thread.
  static void expectEnd(Channel listener) {
    AcceptBackoff backoff = listener.pipeline().get(AcceptBackoff.class);
    if (backoff != null) {
      backoff.ending = true;
    }
  }

  /// A connection more would take memory that closing others needs.
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (MemoryReserve.isUsed() && message instanceof Channel accepted) {
      accepted.unsafe().closeForcibly();
      pause(new OutOfMemoryError("memory is short"));
      return;
    }
    failedInARow = 0;
    context.fireChannelRead(message);
    if (!listener.config().isAutoRead() && !paused) {
      resumeLater();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    MemoryReserve.useAfter(fault);
    if (ending || !listener.isOpen()) {
      return; // it is our own end
    }
    if (Exhaustion.isCauseOf(fault) || ++failedInARow >= MOST_IN_A_ROW) {
      pause(fault);
    } else {
      report(MESSAGE, fault);
      listener.read();
    }
  }

  private void pause(Throwable fault) {
    if (paused || loop.isClosed()) {
      return; // told already
    }
    failedInARow = 0;
    resumeLater();
    listener.config().setAutoRead(false);
    report(MESSAGE + ": " + Exhaustion.nameOf(fault) + "; trying again in a second", fault);
  }

  private void report(String message, Throwable fault) {
    PeerReports.report(loop, message, fault, "socket", listener);
  }

  private void resumeLater() {
    paused = true;
    try {
      loop.callLater(PAUSE, this::resume);
    } catch (OutOfMemoryError full) {
      resumeNow(full);
    }
  }

  private void resume() {
    try {
      flushToNetty();
    } catch (OutOfMemoryError full) {
      resumeNow(full);
    }
  }

  private void resumeNow(OutOfMemoryError full) {
    MemoryReserve.useAfter(full);
    NettyDriver.of(loop).addDirty(this);
  }

  @Override
  public void flushToNetty() {
    paused = false; // if reading fails at once, that is told here, and is a pause again
    if (listener.isOpen()) {
      listener.config().setAutoRead(true);
      listener.read();
    }
  }

  /// Tried again.
  @Override
  public void flushFailed(Throwable fault) {
    throw Rethrow.unchecked(fault);
  }
}
