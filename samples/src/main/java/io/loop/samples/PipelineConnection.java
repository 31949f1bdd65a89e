package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.Asyncio;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.scope.Timeout;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.ReferenceCountUtil;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/// One connection of [Pipeline]: forwards its requests, one after the other.
final class PipelineConnection {

  /*
   * One deadline moves along with the connection: it is for the head of the next request, then for
   * each 64 KiB of the body. The upstream server has a time limit of its own.
   */

  private static final Duration LINGER = Duration.ofSeconds(2);

  private final CoroutineChannel<HttpObject> channel;
  private final PipelineUpstream upstream;
  private final HttpConnection.Limits limits;
  private final Timeout deadline;
  private boolean receiving; // a request whose answer has not begun

  PipelineConnection(
      CoroutineChannel<HttpObject> channel,
      PipelineUpstream upstream,
      HttpConnection.Limits limits) {
    this.channel = channel;
    this.upstream = upstream;
    this.limits = limits;
    this.deadline = Timeout.after(limits.request());
  }

  /// Serves the connection. Cancelled when the client disconnects.
  void serve() throws IOException {
    try {
      deadline.run(_ -> answerAll());
    } catch (TimeoutException slow) {
      if (receiving) {
        refuse(HttpResponseStatus.REQUEST_TIMEOUT, false);
        linger();
      }
    }
  }

  private void answerAll() throws IOException {
    for (HttpObject head; (head = channel.receive()) != null; ) {
      boolean more;
      receiving = true;
      try {
        more = answer((HttpRequest) head);
      } finally {
        ReferenceCountUtil.release(head);
      }
      if (!more) {
        linger();
        return;
      }
      receiving = false;
      deadline.rescheduleAfter(limits.request());
    }
  }

  /// {@return whether the connection can take another request}
  private boolean answer(HttpRequest request) throws IOException {
    boolean keepAlive = HttpUtil.isKeepAlive(request);
    byte[] body;
    try {
      body = receiveBody(request);
    } catch (HttpRefusal refusal) {
      refuse(refusal.status(), false); // it is not known where the next request starts
      return false;
    }
    deadline.reschedule(null);
    try {
      send(upstream.forward(request, body), keepAlive);
    } catch (HttpRefusal refusal) {
      refuse(refusal.status(), keepAlive);
    }
    return keepAlive;
  }

  private byte[] receiveBody(HttpRequest request) throws IOException, HttpRefusal {
    HttpBody.requireDecoded(request);
    if (HttpUtil.getContentLength(request, 0L) > limits.body()) {
      throw new HttpRefusal(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
    }
    if (HttpUtil.is100ContinueExpected(request)) {
      channel.write(
          new DefaultFullHttpResponse(
              HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    var bytes = new ByteArrayOutputStream();
    new HttpBody(request, channel, limits, deadline)
        .forEach(part -> bytes.writeBytes(ByteBufUtil.getBytes(part)));
    return bytes.toByteArray();
  }

  private void refuse(HttpResponseStatus status, boolean keepAlive) throws IOException {
    var text = Unpooled.copiedBuffer(status + "\n", US_ASCII);
    var refusal = new DefaultFullHttpResponse(HTTP_1_1, status, text);
    refusal.headers().set(CONTENT_TYPE, "text/plain").set(CONTENT_LENGTH, text.readableBytes());
    send(refusal, keepAlive);
  }

  private void send(FullHttpResponse response, boolean keepAlive) throws IOException {
    HttpUtil.setKeepAlive(response, keepAlive);
    channel.write(response);
    channel.drain();
  }

  /// Reads on for a moment after the last answer: closing a socket with unread bytes resets the
  /// connection, and the client may lose the answer.
  private void linger() {
    channel.writeEof();
    boolean _ =
        Asyncio.moveOnAfter(
            LINGER,
            () -> {
              while (channel.receive(_ -> {})) {}
            });
  }
}
