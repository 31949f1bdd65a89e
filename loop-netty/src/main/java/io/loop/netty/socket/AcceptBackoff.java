package io.loop.netty.socket;

import io.loop.event.Loop;
import io.loop.event.MemoryReserve;
import io.loop.netty.base.Exhaustion;
import io.loop.netty.base.PeerReports;
import io.loop.netty.base.Rethrow;
import io.loop.netty.poller.Dirty;
import io.loop.netty.poller.NettyDriver;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;

/// Stops accepting for a second when the system has run out of a resource, usually file
/// descriptors, or this process of memory. Any other failure concerns one connection only.
///
/// Source: asyncio's accept loop, Python 3.15.
public final class AcceptBackoff extends ChannelInboundHandlerAdapter implements Dirty {

  /*
   *   ACCEPTING --fault--> PAUSED --a second later--> ACCEPTING
   *
   * A listener that is not read any more never recovers on its own, so every pause must end. If
   * there is no memory for the timer, or for reading again, the listener goes onto the driver's
   * list, which retries until it works. Netty's own handler after this one may also pause the
   * listener, and fail to schedule the end of the pause, so its effect is checked.
   *
   * On NIO, failures can only be distinguished by the system's text, which may be in any language.
   * So many failures in a row, without a connection in between, cause a pause too. Otherwise the
   * listener would fail in a busy loop.
   */

  public static final Duration PAUSE = Duration.ofSeconds(1);

  private static final String MESSAGE = "Could not accept a connection";
  public static final int MOST_IN_A_ROW = 100;

  private final Loop loop;
  private final Channel listener;
  private boolean paused;
  private int failedInARow;
  private volatile boolean ending;

  public AcceptBackoff(Loop loop, Channel listener) {
    this.loop = loop;
    this.listener = listener;
  }

  /// Notes that a listener is about to be closed: later failures are expected. Any thread.
  static void expectEnd(Channel listener) {
    AcceptBackoff backoff = listener.pipeline().get(AcceptBackoff.class);
    if (backoff != null) {
      backoff.ending = true;
    }
  }

  /// Another connection would take memory that is needed to close others.
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
      return; // the listener is being closed
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
      return; // already reported
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
    paused = false; // if reading fails immediately, that is caught here and causes another pause
    if (listener.isOpen()) {
      listener.config().setAutoRead(true);
      listener.read();
    }
  }

  /// The driver tries again.
  @Override
  public void flushFailed(Throwable fault) {
    throw Rethrow.unchecked(fault);
  }
}
