package io.loop.samples;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.scope.Timeout;
import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.util.function.Consumer;

/// The body of one request, as far as it has been received, for [HttpConnection].
final class HttpBody {

  private static final int PART = 65_536;

  private final CoroutineChannel<HttpObject> channel;
  private final HttpConnection.Limits limits;
  private final Timeout deadline;
  private boolean hasEnded;
  private long received;

  /// @param deadline moved when the body begins, and for each 64 KiB of it
  HttpBody(
      HttpRequest request,
      CoroutineChannel<HttpObject> channel,
      HttpConnection.Limits limits,
      Timeout deadline) {
    this.channel = channel;
    this.limits = limits;
    this.deadline = deadline;
    this.hasEnded = request instanceof LastHttpContent;
  }

  /// {@return how many bytes have been received}
  long received() {
    return received;
  }

  /// Receives the rest. The codec's queue is short, so a slow `use` slows the peer down.
  ///
  /// @throws HttpRefusal if it cannot be decoded, is too long, or ends too early
  void forEach(Consumer<ByteBuf> use) throws IOException, HttpRefusal {
    deadline.rescheduleAfter(limits.request());
    while (!hasEnded) {
      HttpObject part = channel.receive();
      if (part == null) {
        throw new HttpRefusal(HttpResponseStatus.BAD_REQUEST);
      }
      try {
        requireDecoded(part);
        ByteBuf content = ((HttpContent) part).content();
        count(content.readableBytes());
        use.accept(content);
      } finally {
        ReferenceCountUtil.release(part);
      }
      hasEnded = part instanceof LastHttpContent;
    }
  }

  private void count(int bytes) throws HttpRefusal {
    if (received / PART != (received + bytes) / PART) {
      deadline.rescheduleAfter(limits.request());
    }
    received += bytes;
    if (received > limits.body()) {
      throw new HttpRefusal(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
    }
  }

  /// Receives the rest, and drops it.
  void discard() throws IOException, HttpRefusal {
    if (!hasEnded) {
      forEach(_ -> {});
    }
  }

  static void requireDecoded(HttpObject part) throws HttpRefusal {
    if (part.decoderResult().isFailure()) {
      throw HttpRefusal.undecodable(part.decoderResult().cause());
    }
  }
}
