package io.loop.netty.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;

/// The user event that says: the peer has ended TLS, and the decoders have delivered what they
/// held.
///
/// Netty's decoders deliver the rest when the channel becomes inactive, or when its input is shut
/// down. The end of TLS is neither: it comes first, and the peer may wait for an answer before it
/// closes the connection. So the handler that sees it fires the shutdown of the input at the TLS
/// handler, for the decoders, and then this event, for itself.
final class TlsEnd {

  /// Has the decoders deliver what they hold, and fires this event after that.
  void follow(ChannelHandlerContext context) {
    ChannelHandlerContext tls = context.pipeline().context(SslHandler.class);
    if (tls == null) { // a stream of HTTP/2, whose parent has TLS
      context.pipeline().fireUserEventTriggered(this);
    } else {
      tls.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      tls.fireUserEventTriggered(this);
    }
  }

  /// {@return whether a shutdown of the input was fired for the decoders only} The socket's input
  /// is open.
  static boolean isItsFlush(ChannelHandlerContext context) {
    Channel channel = context.channel();
    return channel instanceof DuplexChannel duplex
        && !duplex.isInputShutdown()
        && channel.pipeline().get(SslHandler.class) != null;
  }
}
