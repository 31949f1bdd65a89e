package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT_RANGES;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_RANGE;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.IF_MODIFIED_SINCE;
import static io.netty.handler.codec.http.HttpHeaderNames.LAST_MODIFIED;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_0;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.Asyncio;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.scope.Timeout;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultFileRegion;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HexFormat;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One connection of [Http]: answers its requests, one after the other.
final class HttpConnection {

  /*
   * One deadline moves along with the connection: it is for the head of the next request, then for
   * each 64 KiB of the body. While the answer is sent, there is none: the server's idle timeout
   * ends a connection whose peer does not read.
   *
   *   HEAD ---request---> BODY ---answer begins---> ANSWER ---rest of the body---> HEAD
   *
   * `phase` says whether a refusal can still be sent.
   */

  private enum Phase {
    HEAD,
    BODY,
    ANSWER
  }

  /// What a peer may ask of the server.
  ///
  /// @param body the largest body, in bytes
  /// @param request how long a request's head, or 64 KiB of its body, may take
  record Limits(long body, Duration request) {}

  private static final ByteBuf GREETING =
      Unpooled.unreleasableBuffer(
          Unpooled.copiedBuffer(
                  "Hello. POST to /count, GET /numbers?to=10, or start with --root\n", US_ASCII)
              .asReadOnly());
  private static final Duration LINGER = Duration.ofSeconds(2);
  private static final int BLOCK = 8_192;

  private final CoroutineChannel<HttpObject> channel;
  private final @Nullable HttpFiles files;
  private final Limits limits;
  private final Timeout deadline;

  private Phase phase = Phase.HEAD;
  private boolean answered; // at least one request
  private boolean keepAlive;
  private long dateSecond;
  private String date = "";

  HttpConnection(CoroutineChannel<HttpObject> channel, @Nullable HttpFiles files, Limits limits) {
    this.channel = channel;
    this.files = files;
    this.limits = limits;
    this.deadline = Timeout.after(limits.request());
  }

  void serve() throws IOException {
    try {
      deadline.run(_ -> answerAll());
    } catch (TimeoutException slow) {
      if (phase == Phase.BODY || (phase == Phase.HEAD && !answered)) {
        refuse(new HttpRefusal(HttpResponseStatus.REQUEST_TIMEOUT));
        linger();
      } else if (phase == Phase.ANSWER) {
        channel.abort();
      }
    }
  }

  private void answerAll() throws IOException {
    HttpObject head = channel.receive();
    while (head != null) {
      boolean more;
      try {
        more = answerOne((HttpRequest) head);
      } finally {
        ReferenceCountUtil.release(head);
      }
      if (!more) {
        linger();
        return;
      }
      answered = true;
      phase = Phase.HEAD;
      deadline.rescheduleAfter(limits.request());
      head = channel.receive();
    }
  }

  /// {@return whether the connection can take another request}
  private boolean answerOne(HttpRequest request) throws IOException {
    phase = Phase.BODY;
    keepAlive = HttpUtil.isKeepAlive(request);
    var body = new HttpBody(request, channel, limits, deadline);
    try {
      check(request);
      answer(request, body);
      body.discard();
    } catch (HttpRefusal refusal) {
      if (phase == Phase.ANSWER) {
        return false; // the rest of the body was bad, and the answer is sent
      }
      keepAlive &= !refusal.isFatal() && !HttpUtil.is100ContinueExpected(request);
      refuse(refusal);
      return keepAlive && discarded(body);
    } catch (RuntimeException bug) {
      if (phase != Phase.ANSWER) {
        keepAlive = false;
        refuse(new HttpRefusal(HttpResponseStatus.INTERNAL_SERVER_ERROR));
      }
      throw bug; // the loop's exception handler logs it
    }
    return keepAlive;
  }

  private void check(HttpRequest request) throws HttpRefusal {
    HttpBody.requireDecoded(request);
    if (request.protocolVersion().equals(HTTP_1_1) && !request.headers().contains(HOST)) {
      throw new HttpRefusal(HttpResponseStatus.BAD_REQUEST);
    }
    if (HttpUtil.getContentLength(request, 0L) > limits.body()) {
      throw new HttpRefusal(HttpResponseStatus.REQUEST_ENTITY_TOO_LARGE);
    }
  }

  private void answer(HttpRequest request, HttpBody body) throws IOException, HttpRefusal {
    QueryStringDecoder target = HttpTarget.of(request.uri());
    String path = target.path();
    String method = request.method().name();
    switch (path) {
      case "/count" -> {
        HttpTarget.requireMethod(method, HttpMethod.POST);
        count(request, body);
      }
      case "/numbers" -> {
        HttpTarget.requireMethod(method, HttpMethod.GET);
        numbers(request, HttpTarget.howMany(target));
      }
      default -> {
        HttpTarget.requireMethod(method, HttpMethod.GET);
        if (files != null) {
          file(request, files, path);
        } else if (path.equals("/")) {
          send(HttpResponseStatus.OK, GREETING.duplicate());
        } else {
          throw new HttpRefusal(HttpResponseStatus.NOT_FOUND);
        }
      }
    }
  }

  private void count(HttpRequest request, HttpBody body) throws IOException, HttpRefusal {
    MessageDigest digest = sha256();
    if (HttpUtil.is100ContinueExpected(request)) {
      channel.write(
          new DefaultFullHttpResponse(
              HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
    }
    body.forEach(content -> digest.update(content.nioBuffer()));
    String text =
        body.received() + " bytes, SHA-256 " + HexFormat.of().formatHex(digest.digest()) + "\n";
    send(HttpResponseStatus.OK, ascii(text));
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException impossible) {
      throw new IllegalStateException("every JDK has SHA-256", impossible);
    }
  }

  private static boolean discarded(HttpBody body) throws IOException {
    try {
      body.discard();
      return true;
    } catch (HttpRefusal late) {
      return false; // the peer has its answer already
    }
  }

  /// Streams lines: there are never more in memory than the channel holds until it is writable.
  private void numbers(HttpRequest request, int to) throws IOException {
    var response = new DefaultHttpResponse(HTTP_1_1, HttpResponseStatus.OK);
    response.headers().set(CONTENT_TYPE, "text/plain");
    if (request.protocolVersion().equals(HTTP_1_0)) {
      keepAlive = false; // without chunks, the end of the connection is the end of the answer
    } else {
      HttpUtil.setTransferEncodingChunked(response, true);
    }
    begin(response);
    if (!request.method().equals(HttpMethod.HEAD)) {
      var lines = new StringBuilder(BLOCK + 16);
      for (int number = 1; number <= to; number++) {
        lines.append(number).append('\n');
        if (lines.length() >= BLOCK || number == to) {
          channel.write(new DefaultHttpContent(ascii(lines)));
          channel.drain();
          lines.setLength(0);
        }
      }
    }
    channel.send(LastHttpContent.EMPTY_LAST_CONTENT);
  }

  private void file(HttpRequest request, HttpFiles from, String path)
      throws IOException, HttpRefusal {
    // if this is cancelled, the JDK closes the file when it is collected
    HttpFiles.Content content = Asyncio.toThread(() -> from.open(path));
    boolean sending = false;
    try {
      HttpFiles.Range range = HttpFiles.Range.of(request.headers(), content);
      HttpResponse response = describe(request, content, range);
      begin(response);
      long length = HttpUtil.getContentLength(response, 0L);
      if (length > 0 && !request.method().equals(HttpMethod.HEAD)) {
        long start = range == null ? 0 : range.start();
        sending = true; // the region closes the file
        channel.write(new DefaultFileRegion(content.file(), start, length));
      }
      channel.send(LastHttpContent.EMPTY_LAST_CONTENT);
    } finally {
      if (!sending) {
        content.file().close();
      }
    }
  }

  private static HttpResponse describe(
      HttpRequest request, HttpFiles.Content content, HttpFiles.@Nullable Range range) {
    boolean fresh = content.isNewerThan(request.headers().get(IF_MODIFIED_SINCE));
    HttpResponseStatus status =
        !fresh
            ? HttpResponseStatus.NOT_MODIFIED
            : range == null ? HttpResponseStatus.OK : HttpResponseStatus.PARTIAL_CONTENT;
    var response = new DefaultHttpResponse(HTTP_1_1, status);
    HttpHeaders headers = response.headers();
    headers.set(LAST_MODIFIED, Date.from(content.modified()));
    if (fresh) {
      headers.set(CONTENT_TYPE, content.type());
      headers.set("x-content-type-options", "nosniff");
      headers.set(ACCEPT_RANGES, "bytes");
      headers.set(CONTENT_LENGTH, range == null ? content.size() : range.length());
      if (range != null) {
        headers.set(CONTENT_RANGE, range.text(content.size()));
      }
    }
    return response;
  }

  /// Begins an answer that takes as long as the peer takes to read it.
  private void begin(HttpResponse response) {
    phase = Phase.ANSWER;
    deadline.reschedule(null);
    complete(response);
    channel.write(response);
  }

  private void send(HttpResponseStatus status, ByteBuf text) throws IOException {
    phase = Phase.ANSWER;
    channel.write(full(status, text));
    channel.drain();
  }

  private void refuse(HttpRefusal refusal) throws IOException {
    phase = Phase.ANSWER;
    keepAlive &= !refusal.isFatal();
    DefaultFullHttpResponse response = full(refusal.status(), ascii(refusal.status() + "\n"));
    if (!refusal.value().isEmpty()) {
      response.headers().set(refusal.header(), refusal.value());
    }
    channel.write(response);
    channel.drain();
  }

  private DefaultFullHttpResponse full(HttpResponseStatus status, ByteBuf text) {
    var response = new DefaultFullHttpResponse(HTTP_1_1, status, text);
    response.headers().set(CONTENT_TYPE, "text/plain");
    response.headers().set(CONTENT_LENGTH, text.readableBytes());
    complete(response);
    return response;
  }

  private void complete(HttpResponse response) {
    long second = System.currentTimeMillis() / 1000;
    if (second != dateSecond) {
      dateSecond = second;
      date = DateFormatter.format(Date.from(Instant.ofEpochSecond(second)));
    }
    response.headers().set(DATE, date);
    HttpUtil.setKeepAlive(response, keepAlive);
  }

  /// Reads on for a moment after the last answer: closing a socket with unread bytes resets the
  /// connection, and the peer may lose the answer.
  private void linger() throws IOException {
    if (!channel.canWriteEof()) {
      return;
    }
    channel.writeEof();
    try {
      Timeout.within(
          LINGER,
          _ -> {
            HttpObject part = channel.receive();
            while (part != null) {
              ReferenceCountUtil.release(part);
              part = channel.receive();
            }
            return part;
          });
    } catch (TimeoutException enough) {
      channel.abort();
    }
  }

  private static ByteBuf ascii(CharSequence text) {
    return Unpooled.copiedBuffer(text, US_ASCII);
  }
}
