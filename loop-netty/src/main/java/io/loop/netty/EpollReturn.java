package io.loop.netty;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import org.jspecify.annotations.Nullable;

/// Puts the socket of a half-closed channel back into epoll before something is written to it.
///
/// For event loops with Netty's own handler; ours have [EpollHandler]. Channel's event loop only.
final class EpollReturn {

  /*
   *   OUT --something is to be written--> LEAVING --unregistered--> registered again --> BACK --written--> OUT
   *
   * When a channel waits for nothing, Netty removes its socket from epoll and still takes it for added
   * (see EpollHandler). A half-closed channel waits for nothing whenever all is written. If the socket
   * then does not take all of a write, Netty asks to be told of room, which fails, and the rest is lost.
   * Registering the channel anew adds the socket. That lasts until the next poll, so it is done for
   * each write to an empty outbound buffer; while the buffer is not empty Netty waits for room.
   *
   * A long write must not give way in between: Netty would ask for nothing meanwhile.
   *
   * The price is two events in the pipeline, unregistered and registered.
   */

  private static final String EPOLL = "io.netty.channel.epoll";
  private static final int WRITES_IN_A_ROW = 1_024;

  private enum State {
    OUT,
    LEAVING,
    BACK
  }

  private final Channel channel;
  private State state = State.OUT;

  private EpollReturn(Channel channel) {
    this.channel = channel;
    channel.config().setWriteSpinCount(WRITES_IN_A_ROW);
  }

  /// {@return what returns a channel whose input has ended; null if it does not need that}
  static @Nullable EpollReturn of(Channel channel) {
    // by the name: the class of a transport that is not used should not be loaded, nor need be
    // there
    return channel.getClass().getPackageName().equals(EPOLL)
            && channel.eventLoop() instanceof IoEventLoop eventLoop
            && eventLoop.inEventLoop()
            && eventLoop.isIoType(EpollIoHandler.class)
        ? new EpollReturn(channel)
        : null;
  }

  /// Begins to register the channel anew, unless it can be written to as it is.
  ///
  /// @param later is run when it can be; must write at once
  /// @return whether it can be now
  boolean mayWrite(Runnable later) {
    if (state == State.LEAVING) {
      return false;
    }
    ChannelOutboundBuffer buffer = channel.unsafe().outboundBuffer();
    boolean isBack = state == State.BACK;
    state = State.OUT;
    if (isBack || buffer == null || !buffer.isEmpty()) {
      return true;
    }
    state = State.LEAVING;
    registerAnew(later);
    return false;
  }

  private void registerAnew(Runnable later) {
    EventLoop eventLoop = channel.eventLoop();
    var left = channel.newPromise();
    left.addListener(_ -> {
      var registered = channel.newPromise();
      registered.addListener(done -> {
        state = State.BACK; // or the channel is closed
        if (done.isSuccess()) {
          later.run();
        }
      });
      channel.unsafe().register(eventLoop, registered);
    });
    channel.unsafe().deregister(left);
  }

  /// {@return whether the channel has left its event loop for this}
  boolean isUnderWay() {
    return state == State.LEAVING;
  }
}
