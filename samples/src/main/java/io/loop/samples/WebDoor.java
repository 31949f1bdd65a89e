package io.loop.samples;

import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.util.ReferenceCountUtil;
import java.lang.System.Logger.Level;

/// Lets the first request of a connection in, if the browser of a page may send it.
///
/// Comes after Netty's HttpServerCodec and HttpObjectAggregator. The connection is for one request:
/// the code that answers it closes the connection.
final class WebDoor extends ChannelInboundHandlerAdapter {

  /*
   * More requests are dropped, so a peer cannot make answers pile up, and the answer to a
   * WebSocket's handshake cannot overtake another one. The codec fails when too many have no
   * answer; that ends the connection.
   */

  private static final System.Logger LOG = System.getLogger("io.loop.samples.web");

  private final WebOrigins origins;
  private boolean used;

  /// @param origins whose pages may send requests
  WebDoor(WebOrigins origins) {
    this.origins = origins;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof FullHttpRequest request) || admit(context, request)) {
      context.fireChannelRead(message);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the connection is closed in each case
  private boolean admit(ChannelHandlerContext context, FullHttpRequest request) {
    if (used) {
      return false;
    }
    used = true;
    FullHttpResponse refusal = origins.refusal(request);
    if (refusal != null) {
      context.writeAndFlush(refusal).addListener(ChannelFutureListener.CLOSE);
    }
    return refusal == null;
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // closing cannot fail in a way that matters here
  public void exceptionCaught(ChannelHandlerContext context, Throwable fault) {
    boolean isHttp = context.pipeline().get(HttpServerCodec.class) != null;
    if (isHttp && fault instanceof DecoderException) {
      LOG.log(Level.DEBUG, () -> context.channel() + ": " + fault.getMessage());
      context.close();
    } else {
      context.fireExceptionCaught(fault);
    }
  }
}
