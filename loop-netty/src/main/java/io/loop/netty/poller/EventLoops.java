package io.loop.netty.poller;

import io.loop.netty.transport.Transport;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.kqueue.KQueueIoHandle;
import io.netty.channel.kqueue.KQueueIoHandler;
import io.netty.channel.nio.NioIoHandle;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.uring.IoUringIoHandle;
import io.netty.channel.uring.IoUringIoHandler;
import org.jspecify.annotations.Nullable;

/// The event loops of transports. Like [Transport], it loads Netty's classes for a transport only
/// if it is used.
public final class EventLoops {

  private EventLoops() {}

  /// {@return the transport of any event loop; null if it is none of these}
  public static @Nullable Transport transportOf(IoEventLoop eventLoop) {
    // NIO first: the check for it loads no other classes of Netty
    if (eventLoop.isCompatible(NioIoHandle.class)) {
      return Transport.NIO;
    }
    if (eventLoop.isCompatible(EpollIoHandle.class)) {
      return Transport.EPOLL;
    }
    if (eventLoop.isCompatible(IoUringIoHandle.class)) {
      return Transport.IO_URING;
    }
    return eventLoop.isCompatible(KQueueIoHandle.class) ? Transport.KQUEUE : null;
  }

  /// {@return what makes the input and output handler of an event loop}
  ///
  /// @throws IllegalArgumentException if the transport is not available on this machine
  public static IoHandlerFactory newHandlerFactory(Transport transport) {
    return switch (Transport.named(transport.toString())) {
      case IO_URING -> IoUringIoHandler.newFactory();
      case EPOLL -> EpollHandler.newFactory();
      case KQUEUE -> KQueueIoHandler.newFactory();
      case NIO -> NioIoHandler.newFactory();
    };
  }
}
