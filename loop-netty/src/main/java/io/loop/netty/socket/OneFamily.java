package io.loop.netty.socket;

import io.loop.netty.transport.Transport;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;

/// Refuses the peers of the other family, on a listener whose socket accepts both.
public final class OneFamily extends ChannelInboundHandlerAdapter {

  private final InetAddress wildcard;

  private OneFamily(InetAddress wildcard) {
    this.wildcard = wildcard;
  }

  /// Adds one to a listener's pipeline, if the transport cannot restrict the socket to the family
  /// of its address.
  public static void addTo(ChannelPipeline listener, Transport transport, SocketAddress on) {
    InetAddress both = Sockets.standsForBoth(transport);
    if (both != null
        && on instanceof InetSocketAddress address
        && both.equals(address.getAddress())) {
      listener.addLast(new OneFamily(both));
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof Channel accepted && !isOfFamily(accepted.remoteAddress())) {
      // a reset, as if nothing listened there
      accepted.config().setOption(ChannelOption.SO_LINGER, 0);
      accepted.unsafe().closeForcibly();
      return;
    }
    context.fireChannelRead(message);
  }

  private boolean isOfFamily(SocketAddress peer) {
    return peer instanceof InetSocketAddress address
        && address.getAddress().getClass() == wildcard.getClass();
  }

  /// {@return the address that a channel listens on, in the family that it serves}
  public static SocketAddress localAddress(Channel listener) {
    SocketAddress local = listener.localAddress();
    var filter = listener.pipeline().get(OneFamily.class);
    return filter != null && local instanceof InetSocketAddress bound
        ? new InetSocketAddress(filter.wildcard, bound.getPort())
        : local;
  }
}
