package io.loop.netty.proxy;

import io.loop.netty.transport.ProxyHeader;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.haproxy.HAProxyMessageEncoder;

/// Sends the PROXY header as soon as a connection is open, before anything else is written; the
/// connection's loop thread.
public final class ProxySender extends ChannelInboundHandlerAdapter {

  /// Netty's encoder cannot write this one.
  private static final String UNKNOWN = "PROXY UNKNOWN\r\n";

  private final ProxyHeader header;

  private ProxySender(ProxyHeader header) {
    this.header = header;
  }

  /// Adds one, behind the program's handlers.
  public static void addTo(ChannelPipeline pipeline, ProxyHeader header) {
    pipeline.addLast(HAProxyMessageEncoder.INSTANCE, new ProxySender(header));
  }

  @Override
  public void channelActive(ChannelHandlerContext context) {
    Object message =
        header.version() == 1 && header.source() == null
            ? ByteBufUtil.writeAscii(context.alloc(), UNKNOWN)
            : ProxyMessages.message(header);
    context.writeAndFlush(message).addListener(ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE);
    context.pipeline().remove(HAProxyMessageEncoder.class);
    context.fireChannelActive();
    context.pipeline().remove(this);
  }
}
