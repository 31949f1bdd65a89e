package io.loop.netty.core;

import io.loop.event.Loop;
import io.loop.task.WaiterLine;
import io.netty.channel.Channel;
import io.netty.channel.socket.DuplexChannel;
import org.jspecify.annotations.Nullable;

/// The outgoing direction of a channel: what waits for the flush, its end, and the coroutines that
/// wait for room.
///
/// The channel's loop only; [#pass], [#finish] and [#adjust] on its thread.
public final class Outgoing {

  /*
   *   OPEN --end--> ENDING (what was written is sent first) --sent--> ENDED
   *     `---- the channel is closing: no half-close any more ----> LAST (what was written is sent
   *           first) --sent--> the channel is closed
   *
   * It is full while Pending is, or while the channel is not writable. Netty calls a channel
   * writable when its own buffer has room.
   */

  private enum State {
    OPEN,
    ENDING,
    ENDED,
    LAST
  }

  /// What happens to the direction.
  interface Listener {

    /// Writers have to wait, or may go on. Called for each change.
    default void fullChanged(boolean full) {}

    /// Everything is sent, after [#end], and the output is shut down.
    default void outputEnded() {}

    /// Closes the channel, or lets that wait: it is closing, and nothing is left to send.
    ///
    /// @param sent whether everything was sent
    void lastSent(boolean sent);
  }

  private final Loop loop;
  private final Channel channel;
  private final ChannelLife life;
  private final Pending pending;
  private final Listener listener;
  private @Nullable WaiterLine room; // created for the first that waits
  // after a half-close on an event loop that Netty created
  private @Nullable EpollReturn epollReturn;
  private State state = State.OPEN;
  private boolean endWanted;
  private boolean full;

  Outgoing(Loop loop, Channel channel, ChannelLife life, Pending pending, Listener listener) {
    this.loop = loop;
    this.channel = channel;
    this.life = life;
    this.pending = pending;
    this.listener = listener;
  }

  /// {@return whether nothing more may be written, because of [#end]}
  public boolean isEnding() {
    return endWanted;
  }

  public boolean hasEnded() {
    return state == State.ENDED;
  }

  /// Half-closes the channel after everything written.
  void end() {
    endWanted = true;
  }

  /// Other code has shut down the output.
  public void endedOutside() {
    endWanted = true;
    state = State.ENDED;
  }

  /// The peer has shut down its output.
  void peerEnded() {
    epollReturn = EpollReturn.of(channel);
  }

  /// {@return whether the channel has to be registered again before each write to an empty buffer}
  public boolean needsRegistration() {
    return epollReturn != null;
  }

  /// {@return whether the channel is deregistered from its event loop only to be registered again}
  public boolean isComingBack() {
    return epollReturn != null && epollReturn.isUnderWay();
  }

  /// {@return whether Netty may be given something now}
  ///
  /// @param later runs when it may
  boolean mayPass(Runnable later) {
    return epollReturn == null || pending.isEmpty() || epollReturn.mayWrite(later);
  }

  void pass(boolean all) {
    pending.pass(all);
  }

  /// Starts the end of the direction, or of the channel, once Netty has everything.
  void finish() {
    if (!pending.isEmpty()) {
      return;
    }
    if (life.isClosing() && state != State.LAST) {
      state = State.LAST;
      pending.afterSent(listener::lastSent);
    } else if (life.isOpen() && endWanted && state == State.OPEN) {
      state = State.ENDING;
      pending.afterSent(this::shutDown);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // a socket that cannot be shut down is gone
  private void shutDown(boolean sent) {
    if (sent && state == State.ENDING) {
      state = State.ENDED;
      ((DuplexChannel) channel).shutdownOutput();
      listener.outputEnded();
    }
  }

  public boolean isFull() {
    return pending.isFull() || !channel.isWritable();
  }

  /// Tells the writers whether there is room.
  ///
  /// @return whether the channel takes more of what is pending
  boolean adjust() {
    boolean now = isFull();
    if (now != full) {
      full = now;
      listener.fullChanged(now);
    }
    if (!now) {
      wakeWriters();
    }
    return pending.canPass();
  }

  /// Suspends until there may be room, or the channel is gone.
  public void awaitRoom() {
    if (room == null) {
      room = new WaiterLine(loop);
    }
    room.await();
  }

  public void wakeWriters() {
    if (room != null) {
      room.wakeAll();
    }
  }
}
