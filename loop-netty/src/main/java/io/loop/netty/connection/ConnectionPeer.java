package io.loop.netty.connection;

import io.loop.netty.base.Addresses;
import io.loop.netty.transport.ProxyHeader;
import io.netty.channel.Channel;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/// The two ends of a connection, as its proxy says if it has one.
public final class ConnectionPeer {

  private final Channel channel;
  private @Nullable ProxyHeader header;

  ConnectionPeer(Channel channel) {
    this.channel = channel;
  }

  /// The PROXY header has arrived; before the connection is active.
  public void proxiedBy(ProxyHeader arrived) {
    header = arrived;
  }

  public @Nullable ProxyHeader proxyHeader() {
    return header;
  }

  private @Nullable SocketAddress source() {
    return header == null ? null : header.source();
  }

  public @Nullable SocketAddress address() {
    SocketAddress source = source();
    return source == null ? Addresses.peerOf(channel) : source;
  }

  /// {@return the address, without the port; the loopback address for a Unix socket}
  InetAddress host() {
    return address() instanceof InetSocketAddress peer
        ? peer.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  SocketAddress localAddress() {
    SocketAddress destination = header == null ? null : header.destination();
    return destination == null ? channel.localAddress() : destination;
  }

  @Override
  public String toString() {
    SocketAddress source = source();
    return Addresses.text(channel) + (source == null ? "" : " for " + Addresses.text(source));
  }
}
