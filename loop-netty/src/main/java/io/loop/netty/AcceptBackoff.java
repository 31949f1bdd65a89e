package io.loop.netty;

import io.loop.event.Loop;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;

/// Stops accepting for a second when the system has run out of something, descriptors mostly.
///
/// Source: asyncio's accept loop, Python 3.15.
final class AcceptBackoff extends ChannelInboundHandlerAdapter {

  static final Duration PAUSE = Duration.ofSeconds(1);

  private final Loop loop;

  AcceptBackoff(Loop loop) {
    this.loop = loop;
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    var config = context.channel().config();
    if (!config.isAutoRead() || loop.isClosed()) {
      return; // told already
    }
    config.setAutoRead(false);
    try {
      loop.callLater(
          PAUSE,
          () -> {
            if (context.channel().isOpen()) {
              config.setAutoRead(true);
            }
          });
    } catch (OutOfMemoryError full) {
      config.setAutoRead(true); // without a pause rather than never
    }
    PeerReports.report(
        loop, "Could not accept; trying again in a second", fault, "socket", context.channel());
  }
}
