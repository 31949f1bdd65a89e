package io.loop.samples;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/// A plain Netty handler that adds to each answer how long the server took for it, in the header
/// `Server-Timing`. It knows nothing of coroutines.
final class PipelineTimer extends ChannelDuplexHandler {

  /// When the requests arrived that are not answered yet. The answers have the same order.
  private final Deque<Long> arrivals = new ArrayDeque<>();

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpRequest) {
      arrivals.addLast(System.nanoTime());
    }
    context.fireChannelRead(message);
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message instanceof HttpResponse response
        && response.status().codeClass() != HttpStatusClass.INFORMATIONAL
        && !arrivals.isEmpty()) {
      double millis = (System.nanoTime() - arrivals.removeFirst()) / 1e6;
      response.headers().set("server-timing", String.format(Locale.ROOT, "total;dur=%.1f", millis));
    }
    var _ = context.write(message, promise);
  }
}
