package io.loop.netty;

import io.loop.event.Loop;
import io.netty.channel.IoEventLoop;

/// Loops on Netty.
public final class NettyLoop {

  private NettyLoop() {}

  /// {@return a new loop on the transport that [Transport#best] names}
  public static Loop create() {
    return create(Transport.best());
  }

  /// {@return a new loop on a transport}
  ///
  /// @param transport the transport
  /// @throws IllegalArgumentException if this machine lacks it
  public static Loop create(Transport transport) {
    return Loop.create(new NettyPoller(transport));
  }

  /// {@return the Netty event loop under a loop, for use with any bootstrap}
  ///
  /// What is submitted to it runs on the loop's thread, between ticks, and is not a coroutine.
  ///
  /// @param loop a loop made here, or by [Loop#create()] with this module on the path
  /// @throws IllegalStateException if it does not run on Netty
  public static IoEventLoop eventLoop(Loop loop) {
    return NettyPoller.of(loop).eventLoop();
  }
}
