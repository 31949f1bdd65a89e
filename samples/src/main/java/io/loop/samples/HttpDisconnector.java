package io.loop.samples;

import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.CodecException;
import java.lang.System.Logger.Level;

/// Disconnects a client that sends what the codec refuses, such as too many requests at once. It
/// comes after the codec.
@Sharable
final class HttpDisconnector extends ChannelInboundHandlerAdapter {

  static final HttpDisconnector INSTANCE = new HttpDisconnector();

  private static final System.Logger LOG = System.getLogger("io.loop.samples.http");

  private HttpDisconnector() {}

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    if (fault instanceof CodecException) {
      LOG.log(Level.DEBUG, () -> context.channel() + ": " + fault);
      var _ = context.close();
    } else {
      context.fireExceptionCaught(fault);
    }
  }
}
