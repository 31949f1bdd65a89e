package io.loop.netty.core;

import io.loop.event.Loop;
import io.loop.netty.base.Addresses;
import io.loop.netty.poller.Dirty;
import io.loop.netty.poller.NettyDriver;
import io.loop.task.WaiterLine;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundInvoker;
import io.netty.util.concurrent.EventExecutor;
import org.jspecify.annotations.Nullable;

/// The core under streams, channels of messages and datagram endpoints: a Netty channel on one
/// side, coroutines on the other.
@SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
public final class ChannelCore implements Dirty {

  /*
   * There are two callers, never at the same time. The loop's thread calls while it polls, for the
   * kind's handler, and calls flushToNetty. Coroutines of the loop only change fields of the parts
   * and put this on the driver's dirty list; from the channel they only read plain state.
   * Everything that changes the channel is called on the loop's thread, nearly all of it from
   * flushToNetty.
   *
   * The parts: ChannelLife (may it still be used), Outgoing (what was written), Reading (does the
   * channel read). What has arrived is the kind's, because each kind hands it out differently.
   *
   * `told` is true when the waiting coroutines have been notified of the end. That needs memory; if
   * there is none, the next flush tries again.
   */

  /// What the kinds of channels do differently.
  public interface Kind extends Outgoing.Listener {

    /// Passing to Netty threw, and the channel is aborted next. Fails it with a cause of the kind's
    /// own, and reports why.
    void flushBroke(Throwable fault);

    /// The channel is gone: notifies every coroutine that waits, unless the loop is closed. Called
    /// again if it throws.
    void lost();
  }

  private final Loop loop;
  private final NettyDriver driver;
  private final Channel channel;
  private final ChannelOutboundInvoker out;
  private final Pending pending;
  private final Kind kind;
  private final ChannelLife life = new ChannelLife();
  private final Outgoing outgoing;
  private final Reading reading;
  private @Nullable WaiterLine end; // created for the first that waits
  private boolean dirty;
  private boolean told;
  private final boolean mayMissReset;

  /// @param out where writes enter the pipeline: the channel, or the context of a handler
  public ChannelCore(
      Loop loop, Channel channel, ChannelOutboundInvoker out, Pending pending, Kind kind) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
    this.channel = channel;
    this.out = out;
    this.pending = pending;
    this.kind = kind;
    this.outgoing = new Outgoing(loop, channel, life, pending, kind);
    this.reading = new Reading(channel, out);
    this.mayMissReset = UnseenReset.isPossible(channel);
  }

  public Loop loop() {
    return loop;
  }

  EventExecutor executor() {
    return driver.executor();
  }

  public Channel channel() {
    return channel;
  }

  public ChannelLife life() {
    return life;
  }

  public Outgoing outgoing() {
    return outgoing;
  }

  // --- coroutines, and the loop's thread ---

  /// The kind has added something to what is pending.
  public void written() {
    markDirty();
    boolean _ = outgoing.adjust();
  }

  public void writeEof() {
    outgoing.end();
    markDirty();
  }

  public void close() {
    if (life.close()) {
      markDirty();
    }
  }

  public void abort() {
    if (life.abort()) {
      markDirty();
    }
  }

  /// Aborts it because of a failure.
  public void fail(Throwable cause) {
    if (life.fail(cause)) {
      markDirty();
    }
  }

  public void pauseReading() {
    reading.pause();
    if (driver.executor().inEventLoop()) {
      reading.apply(); // inside a read, which would continue otherwise
    } else {
      markDirty();
    }
  }

  /// Pauses reading again if it is to be paused: a handler of the program may have resumed it.
  /// Loop's thread.
  public void keepReadingPaused() {
    if (reading.isPaused()) {
      reading.apply();
    }
  }

  public void resumeReading() {
    reading.resume();
    markDirty();
  }

  /// A coroutine has to wait for input.
  public void wantRead() {
    if (reading.wantOnce()) {
      markDirty();
    }
  }

  /// Suspends until the channel is closed or detached.
  public void awaitEnd() {
    while (!life.isOver()) {
      if (end == null) {
        end = new WaiterLine(loop);
      }
      end.await();
    }
  }

  public void markDirty() {
    if (!dirty) {
      driver.addDirty(this);
      dirty = true; // not if memory ran out before
    }
  }

  // --- the loop's thread only ---

  @Override
  public void flushToNetty() {
    dirty = false;
    if (life.isSending()) {
      if (outgoing.mayPass(() -> driver.flush(this))) {
        work(false);
      }
    } else if (life.isAborting()) {
      pending.drop();
      abortChannel();
    } else if (life.isClosed()) {
      lose(); // notifies the waiting coroutines, if that failed before
    }
  }

  /// Passes everything to Netty and flushes, including what other code has written.
  public void flushAll() {
    if (life.isSending()) {
      work(true);
    }
  }

  private void work(boolean all) {
    outgoing.pass(all);
    reading.apply();
    outgoing.finish();
    writabilityChanged();
  }

  public void writabilityChanged() {
    if (!life.isOver() && outgoing.adjust()) {
      markDirty();
    }
  }

  @Override
  public void flushFailed(Throwable fault) {
    if (life.isClosed()) {
      lose();
    } else if (!life.isDetached()) {
      try {
        kind.flushBroke(fault);
      } finally {
        breakNow(fault);
      }
    }
  }

  /// Aborts it now.
  ///
  /// @param cause the failure, unless there was one before
  public void breakNow(Throwable cause) {
    boolean _ = life.fail(cause);
    try {
      pending.drop();
      outgoing.wakeWriters();
    } finally { // what cannot be released must not keep the channel open
      abortChannel();
    }
    if (life.isClosed() && !told) {
      markDirty();
    }
  }

  /// Closes immediately: TLS would first send `close_notify`, and wait for a peer that may not
  /// read.
  private void abortChannel() {
    if (channel.eventLoop().inEventLoop()) {
      channel.unsafe().close(channel.voidPromise());
    } else {
      out.close();
    }
  }

  public void closeChannel() {
    out.close();
  }

  /// The channel has read what had arrived; called on the handler's executor.
  public void readCompleted() {
    if (mayMissReset) {
      UnseenReset.look(channel);
    }
  }

  /// The peer has shut down its output.
  public void inputEnded() {
    reading.end();
    outgoing.peerEnded();
  }

  public boolean hasInputEnded() {
    return reading.hasEnded();
  }

  public boolean isReadingPaused() {
    return reading.isPaused();
  }

  /// Other code takes the channel over.
  public void detach() {
    if (life.detach()) {
      pending.drop();
      outgoing.wakeWriters();
      wakeAtEnd();
    }
  }

  private void wakeAtEnd() {
    if (end != null) {
      end.wakeAll();
    }
  }

  public void releaseReading() {
    reading.release();
  }

  /// The channel is closed or out of reach.
  public void lose() {
    if (told || life.isDetached()) {
      return;
    }
    boolean _ = life.lose();
    try {
      pending.drop();
    } finally { // what cannot be released must not keep a coroutine waiting
      outgoing.wakeWriters();
      wakeAtEnd();
      kind.lost();
      told = true;
    }
  }

  @Override
  public String toString() {
    return Addresses.text(channel);
  }
}
