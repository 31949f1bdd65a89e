package io.loop.netty;

import io.netty.channel.socket.nio.NioServerSocketChannel;

/// A listening socket of NIO that stays open when a connection cannot be accepted.
///
/// Netty's own closes itself for anything but an [java.io.IOException], want of memory too, and the
/// port is gone for good. Those of the other transports stay open.
final class NioListener extends NioServerSocketChannel {

  @Override
  protected boolean closeOnReadError(Throwable cause) {
    return !isActive();
  }
}
