package io.loop.netty.core;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundInvoker;

/// Whether a channel reads from its socket.
///
/// Coroutines of the channel's loop only say what they want; [#apply] does it, on the loop's
/// thread.
final class Reading {

  /*
   *   ON --pause--> PAUSED --resume--> ON; either --end--> ENDED
   *
   * Reading is paused with `autoRead`, but only if it was on; `paused` records that. If other code
   * has turned it off, the channel is read once for each coroutine that has to wait.
   *
   * After a half-close by the peer the channel is not read again, because epoll would close it.
   */

  private final Channel channel;
  private final ChannelOutboundInvoker out;
  private boolean wanted = true;
  private boolean paused;
  private boolean onceWanted;
  private boolean ended;

  Reading(Channel channel, ChannelOutboundInvoker out) {
    this.channel = channel;
    this.out = out;
  }

  boolean isPaused() {
    return !wanted;
  }

  void pause() {
    wanted = false;
  }

  void resume() {
    wanted = true;
  }

  /// Wants one read, in case no other code lets the channel read.
  ///
  /// @return whether that needs [#apply]
  boolean wantOnce() {
    onceWanted = !paused && !channel.config().isAutoRead();
    return onceWanted;
  }

  /// The peer has shut down its output.
  void end() {
    ended = true;
  }

  boolean hasEnded() {
    return ended;
  }

  /// Does what is wanted; loop's thread.
  void apply() {
    if (ended) {
      return;
    }
    if (wanted) {
      goOn();
    } else if (channel.config().isAutoRead()) {
      paused = true;
      channel.config().setAutoRead(false);
    }
    if (onceWanted) {
      onceWanted = false;
      out.read();
    }
  }

  /// Lets the channel read again, if this has stopped it; for code that takes the channel over.
  void release() {
    if (!ended) {
      goOn();
    }
  }

  private void goOn() {
    if (paused) {
      paused = false;
      channel.config().setAutoRead(true);
    }
  }
}
