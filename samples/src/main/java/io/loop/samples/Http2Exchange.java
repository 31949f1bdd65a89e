package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.EXPECT;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.netty.channel.CoroutineChannel;
import io.loop.scope.Timeout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2StreamFrame;
import io.netty.util.ReferenceCountUtil;
import java.io.EOFException;
import java.io.IOException;
import java.security.MessageDigest;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// One stream of [Http2]: a request and its answer.
final class Http2Exchange {

  /*
   *   REQUEST --all of it was received, or refused--> ANSWER --sent--> the stream ends
   *
   * Each phase has a deadline, which moves along with the bytes. If the request takes too long, it
   * is refused. If the answer does, because the client does not open its window, the stream is
   * reset.
   */

  /// What a client may ask of the server.
  ///
  /// @param body the largest body, in bytes
  /// @param request how long each 64 KiB of a request may take
  /// @param stall how long the client may take nothing of an answer
  record Limits(long body, Duration request, Duration stall) {}

  /// What is left to do when the request was received.
  @FunctionalInterface
  private interface Answer {
    void send() throws IOException;
  }

  private static final String GREETING = "Hello over HTTP/2. POST to /count, GET /numbers?to=10\n";
  private static final int PART = 65_536;
  private static final int BLOCK = 8_192;

  private final CoroutineChannel<Http2StreamFrame> channel;
  private final Limits limits;
  private final Timeout receiving;
  private final Timeout sending;

  private boolean received; // all of the request
  private boolean headOnly;
  private long bytes; // of its body

  Http2Exchange(CoroutineChannel<Http2StreamFrame> channel, Limits limits) {
    this.channel = channel;
    this.limits = limits;
    this.receiving = Timeout.after(limits.request());
    this.sending = Timeout.after(null);
  }

  /// Receives the request and sends the answer.
  void serve() throws IOException {
    Answer answer = receive();
    try {
      sending.run(_ -> {
        sending.rescheduleAfter(limits.stall());
        answer.send();
      });
    } catch (TimeoutException stalled) {
      channel.abort(); // resets the stream
    }
  }

  private Answer receive() throws IOException {
    try {
      return receiving.with(_ -> request());
    } catch (TimeoutException slow) {
      return () -> refuse(new HttpRefusal(HttpResponseStatus.REQUEST_TIMEOUT));
    }
  }

  private Answer request() throws IOException {
    Http2Headers head = head();
    if (isMalformed(head)) {
      return () -> reset(Http2Error.PROTOCOL_ERROR);
    }
    try {
      return request(head);
    } catch (HttpRefusal refusal) {
      return () -> refuse(refusal);
    }
  }

  private Http2Headers head() throws IOException {
    var frame = (Http2HeadersFrame) next(); // the codec lets no stream start with another
    received = frame.isEndStream();
    return frame.headers();
  }

  /// The codec does not check whether the headers that every request needs are there.
  private static boolean isMalformed(Http2Headers head) {
    CharSequence path = head.path();
    return isEmpty(head.method())
        || isEmpty(head.scheme())
        || path == null
        || path.isEmpty()
        || path.charAt(0) != '/';
  }

  private static boolean isEmpty(@Nullable CharSequence text) {
    return text == null || text.isEmpty();
  }

  private Answer request(Http2Headers head) throws IOException, HttpRefusal {
    String method = head.method().toString();
    headOnly = method.equals(HttpMethod.HEAD.name());
    QueryStringDecoder target = HttpTarget.of(head.path().toString());
    return switch (target.path()) {
      case "/" -> {
        HttpTarget.requireMethod(method, HttpMethod.GET);
        body(head, _ -> {});
        yield () -> text(GREETING);
      }
      case "/count" -> {
        HttpTarget.requireMethod(method, HttpMethod.POST);
        MessageDigest digest = HttpConnection.sha256();
        body(head, content -> digest.update(content.nioBuffer()));
        String hash = HexFormat.of().formatHex(digest.digest());
        yield () -> text(bytes + " bytes, SHA-256 " + hash + "\n");
      }
      case "/numbers" -> {
        HttpTarget.requireMethod(method, HttpMethod.GET);
        int to = HttpTarget.howMany(target);
        body(head, _ -> {});
        yield () -> numbers(to);
      }
      default -> throw new HttpRefusal(HttpResponseStatus.NOT_FOUND);
    };
  }

  private Http2StreamFrame next() throws IOException {
    Http2StreamFrame frame = channel.receive();
    if (frame == null) {
      throw new EOFException("the client has reset the stream");
    }
    return frame;
  }

  /// Receives the body. The client's window is as large as what was received and not yet used, so a
  /// slow `use` slows the client down.
  private void body(Http2Headers head, Consumer<ByteBuf> use) throws IOException, HttpRefusal {
    requireSize(head.getLong(CONTENT_LENGTH, 0));
    if (!received && head.contains(EXPECT, HttpHeaderValues.CONTINUE)) {
      var goOn = new DefaultHttp2Headers().status(HttpResponseStatus.CONTINUE.codeAsText());
      channel.write(new DefaultHttp2HeadersFrame(goOn));
    }
    while (!received) {
      Http2StreamFrame frame = next();
      try {
        take(frame, use);
      } finally {
        ReferenceCountUtil.release(frame);
      }
    }
  }

  private void take(Http2StreamFrame frame, Consumer<ByteBuf> use) throws HttpRefusal {
    switch (frame) {
      case Http2DataFrame data -> {
        count(data.content().readableBytes());
        use.accept(data.content());
        received = data.isEndStream();
      }
      case Http2HeadersFrame trailers -> received = trailers.isEndStream();
      default -> {} // of a type that is to be ignored
    }
  }

  private void count(int more) throws HttpRefusal {
    if (bytes / PART != (bytes + more) / PART) {
      receiving.rescheduleAfter(limits.request());
    }
    bytes += more;
    requireSize(bytes);
  }

  private void requireSize(long size) throws HttpRefusal {
    if (size > limits.body()) {
      throw new HttpRefusal(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
    }
  }

  /// Streams lines: no more of them are in memory than may wait for the client.
  private void numbers(int to) throws IOException {
    if (isSent(headers(HttpResponseStatus.OK))) {
      return;
    }
    var lines = new StringBuilder(BLOCK + 16);
    for (int number = 1; number <= to; number++) {
      lines.append(number).append('\n');
      if (lines.length() >= BLOCK) {
        channel.write(new DefaultHttp2DataFrame(ascii(lines)));
        channel.drain();
        sending.rescheduleAfter(limits.stall());
        lines.setLength(0);
      }
    }
    channel.send(new DefaultHttp2DataFrame(ascii(lines), true));
  }

  private void text(String text) throws IOException {
    sendText(headers(HttpResponseStatus.OK), text);
  }

  private void refuse(HttpRefusal refusal) throws IOException {
    Http2Headers headers = headers(refusal.status());
    if (!refusal.value().isEmpty()) {
      headers.set(refusal.header(), refusal.value());
    }
    sendText(headers, refusal.status() + "\n");
    if (!received) {
      reset(Http2Error.NO_ERROR); // the client need not send the rest
    }
  }

  private void sendText(Http2Headers headers, String text) throws IOException {
    ByteBuf content = ascii(text);
    headers.setInt(CONTENT_LENGTH, content.readableBytes());
    if (isSent(headers)) {
      content.release();
    } else {
      channel.send(new DefaultHttp2DataFrame(content, true));
    }
  }

  /// Begins the answer.
  ///
  /// @return whether it has no body, and is sent
  private boolean isSent(Http2Headers headers) throws IOException {
    if (headOnly) {
      channel.send(new DefaultHttp2HeadersFrame(headers, true));
    } else {
      channel.write(new DefaultHttp2HeadersFrame(headers));
    }
    return headOnly;
  }

  private void reset(Http2Error error) throws IOException {
    channel.send(new DefaultHttp2ResetFrame(error));
  }

  private static Http2Headers headers(HttpResponseStatus status) {
    return new DefaultHttp2Headers()
        .status(status.codeAsText())
        .set(CONTENT_TYPE, "text/plain")
        .set(DATE, DateFormatter.format(Date.from(Instant.now())));
  }

  private static ByteBuf ascii(CharSequence text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }
}
