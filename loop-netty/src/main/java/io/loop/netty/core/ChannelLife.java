package io.loop.netty.core;

import org.jspecify.annotations.Nullable;

/// The life of a channel: who may still use it, and the failure that ended it.
///
/// The channel's loop only. Each method that changes the state returns whether it did.
public final class ChannelLife {

  /*
   *   OPEN --close--> CLOSING (what was written is sent first) --lose--> CLOSED
   *    | |               `--abort, fail--.
   *    |  `--abort, fail--> ABORTING (what was written is dropped) --lose--> CLOSED
   *     `--detach--> DETACHED (other code owns the channel)
   *
   * Only the first failure is kept. One that follows an abort is a consequence of it.
   */

  private enum State {
    OPEN,
    CLOSING,
    ABORTING,
    CLOSED,
    DETACHED
  }

  private State state = State.OPEN;
  private @Nullable Throwable cause;

  public boolean isOpen() {
    return state == State.OPEN;
  }

  public boolean isClosing() {
    return state == State.CLOSING;
  }

  public boolean isAborting() {
    return state == State.ABORTING;
  }

  public boolean isClosed() {
    return state == State.CLOSED;
  }

  public boolean isDetached() {
    return state == State.DETACHED;
  }

  /// {@return whether what was written is still to be sent}
  public boolean isSending() {
    return state == State.OPEN || state == State.CLOSING;
  }

  /// {@return whether it is closed or detached}
  public boolean isOver() {
    return state == State.CLOSED || state == State.DETACHED;
  }

  /// {@return the failure that ended it, or is ending it}
  public @Nullable Throwable cause() {
    return cause;
  }

  boolean close() {
    return state == State.OPEN && move(State.CLOSING);
  }

  boolean abort() {
    return isSending() && move(State.ABORTING);
  }

  public boolean fail(Throwable fault) {
    if (!isSending()) {
      return false;
    }
    cause = fault;
    return move(State.ABORTING);
  }

  boolean detach() {
    return !isOver() && move(State.DETACHED);
  }

  boolean lose() {
    return !isOver() && move(State.CLOSED);
  }

  private boolean move(State next) {
    state = next;
    return true;
  }
}
