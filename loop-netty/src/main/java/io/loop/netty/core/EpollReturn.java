package io.loop.netty.core;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.epoll.EpollIoHandler;
import org.jspecify.annotations.Nullable;

/// Puts the socket of a half-closed channel back into epoll before something is written to it.
///
/// For event loops with Netty's own handler; Loop's own event loops have `EpollHandler`. Channel's
/// event loop only.
final class EpollReturn {

  /*
   *   OUT --something is to be written--> LEAVING --unregistered--> registered again --> BACK --written--> OUT
   *
   * When a channel waits for no events, Netty removes its socket from epoll but still treats it as
   * added (see EpollHandler). A half-closed channel waits for no events whenever everything is
   * written. If the socket then does not take all of a write, Netty fails to register for
   * writability, and the rest is lost. Registering the channel again adds the socket. That lasts
   * until the next poll, so it is done for each write to an empty outbound buffer; while the buffer
   * is not empty, Netty waits for writability.
   *
   * A long write must not be split over several polls: in between, Netty would wait for no events.
   *
   * The cost is two events in the pipeline, unregistered and registered.
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

  /// {@return a new instance for a channel whose input has ended; null if the channel does not need
  /// it}
  static @Nullable EpollReturn of(Channel channel) {
    // by name: the class of an unused transport should not be loaded, and may be missing
    return channel.getClass().getPackageName().equals(EPOLL)
            && channel.eventLoop() instanceof IoEventLoop eventLoop
            && eventLoop.inEventLoop()
            && eventLoop.isIoType(EpollIoHandler.class)
        ? new EpollReturn(channel)
        : null;
  }

  /// Starts to register the channel again, unless it can be written to as it is.
  ///
  /// @param later runs when it can be written to; must write immediately
  /// @return whether it can be written to now
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

  /// {@return whether the channel is deregistered for this}
  boolean isUnderWay() {
    return state == State.LEAVING;
  }
}
