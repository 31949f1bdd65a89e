package io.loop.netty.served;

import io.loop.event.Loop;
import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/// A connection as its server sees it: what limits and a shutdown need. Its loop's thread, unless a
/// method says otherwise.
public interface Served {

  /// {@return its loop} Any thread.
  Loop loop();

  /// {@return its channel} Any thread.
  Channel channel();

  /// {@return the peer's address; the loopback address for a Unix socket}
  default InetAddress peerAddress() {
    return channel().remoteAddress() instanceof InetSocketAddress peer
        ? peer.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  boolean isClosing();

  /// Closes it after everything written is sent.
  void close();

  /// Closes it immediately.
  void abort();

  /// Ends it for a reason on this side.
  void cut(IOException reason);

  /// Ends it gracefully, when its server shuts down: data that has arrived is read, and what the
  /// body writes is sent. Then the input ends, and the body closes the connection.
  void finish();

  /// Records whether anything was received or sent since the last call.
  Activity lookAtActivity();

  /// {@return whether its body has received something}
  boolean hasBeenRead();
}
