package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.ACCEPT;
import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.USER_AGENT;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;

import io.loop.Asyncio;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.netty.stream.ChannelClient;
import io.loop.netty.stream.ConnectionOptions;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.CodecException;
import io.netty.handler.codec.PrematureChannelClosureException;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.io.EOFException;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// One HTTP/1.1 connection of [Fetch]: one request at a time.
final class FetchConnection {

  private static final int PART = 65_536;
  private static final int TOO_MANY_REQUESTS = 429;

  private final FetchUrl.Origin origin;
  private final CoroutineChannel<HttpObject> channel;
  private final @Nullable Future<Channel> endOfTls; // null without TLS
  private boolean answering; // the head of the current answer has arrived
  private boolean reusable;

  private FetchConnection(FetchUrl.Origin origin, CoroutineChannel<HttpObject> channel) {
    this.origin = origin;
    this.channel = channel;
    SslHandler tls = channel.nettyChannel().pipeline().get(SslHandler.class);
    this.endOfTls = tls == null ? null : tls.sslCloseFuture();
  }

  /// Connects to a server, with `https` securely.
  static FetchConnection open(FetchUrl.Origin origin, SslContext tls) throws IOException {
    ConnectionOptions options = ConnectionOptions.DEFAULT;
    return new FetchConnection(
        origin,
        ChannelClient.connect(
            HttpObject.class,
            FetchConnection::initialize,
            origin.host(),
            origin.port(),
            origin.isSecure() ? options.withTls(tls) : options));
  }

  private static void initialize(ChannelPipeline pipeline) {
    pipeline.addLast(
        new HttpClientCodec(new HttpDecoderConfig().setMaxChunkSize(PART), false, false));
  }

  /// Gets one URL of this connection's origin.
  ///
  /// @param body receives the body, if the status is a success
  /// @param limit of the body, in bytes
  /// @throws FetchFailure if the status is no success, or the answer makes no sense
  /// @throws IOException if the connection is lost
  void get(FetchUrl url, FetchBody body, long limit) throws IOException {
    answering = false;
    reusable = false;
    channel.send(request(url));
    HttpResponse head = receiveHead();
    answering = true;
    FetchBody.requireAtMost(limit, HttpUtil.getContentLength(head, 0L));
    boolean isSuccess = head.status().codeClass() == HttpStatusClass.SUCCESS;
    receiveBody(isSuccess ? body : new FetchBody(null, limit));
    requireWhole(head);
    reusable = HttpUtil.isKeepAlive(head);
    if (!isSuccess) {
      throw refusal(head.status());
    }
  }

  private static DefaultFullHttpRequest request(FetchUrl url) {
    var request =
        new DefaultFullHttpRequest(HTTP_1_1, HttpMethod.GET, url.target(), Unpooled.EMPTY_BUFFER);
    request
        .headers()
        .set(HOST, url.origin().header())
        .set(USER_AGENT, "loop-fetch")
        .set(ACCEPT, "*/*");
    return request;
  }

  /// Skips the heads that only say that the answer will come.
  private HttpResponse receiveHead() throws IOException {
    for (; ; ) {
      HttpObject part = receive();
      if (!(part instanceof HttpResponse head)) {
        ReferenceCountUtil.release(part);
        throw new FetchFailure("the answer has no head", false, null);
      }
      if (head.status().codeClass() != HttpStatusClass.INFORMATIONAL
          || head.status().equals(HttpResponseStatus.SWITCHING_PROTOCOLS)) {
        return head;
      }
      receiveBody(new FetchBody(null, 0));
    }
  }

  private void receiveBody(FetchBody body) throws IOException {
    boolean isLast = false;
    while (!isLast) {
      HttpObject part = receive();
      try {
        if (part instanceof HttpContent content) {
          body.add(content.content());
        }
        isLast = part instanceof LastHttpContent;
      } finally {
        ReferenceCountUtil.release(part);
      }
    }
  }

  /// Refuses a body without a length if TLS was not ended properly: the body may be cut.
  private void requireWhole(HttpResponse head) throws FetchFailure {
    boolean hasEnd = HttpUtil.isContentLengthSet(head) || HttpUtil.isTransferEncodingChunked(head);
    if (endOfTls != null && !hasEnd && endOfTls.cause() != null) {
      throw new FetchFailure("the connection was cut before TLS ended", true, null);
    }
  }

  private HttpObject receive() throws IOException {
    HttpObject part;
    try {
      part = channel.receive();
    } catch (CodecException strange) {
      throw new IOException("cannot be understood: " + strange.getMessage(), strange);
    }
    if (part == null) {
      throw new EOFException("the connection was closed before the end of the answer");
    }
    if (part.decoderResult().isFailure()) {
      Throwable cause = part.decoderResult().cause();
      ReferenceCountUtil.release(part);
      boolean wasCut = cause instanceof PrematureChannelClosureException;
      throw new FetchFailure("not HTTP, or over a limit: " + cause, wasCut, cause);
    }
    return part;
  }

  /// The status in its usual words: those of the server may contain anything.
  private static FetchFailure refusal(HttpResponseStatus status) {
    boolean passing =
        status.codeClass() == HttpStatusClass.SERVER_ERROR
            || status.code() == TOO_MANY_REQUESTS
            || status.equals(HttpResponseStatus.REQUEST_TIMEOUT);
    return new FetchFailure(HttpResponseStatus.valueOf(status.code()).toString(), passing, null);
  }

  FetchUrl.Origin origin() {
    return origin;
  }

  /// {@return whether the last answer, or its beginning, has arrived}
  boolean hasAnswered() {
    return answering;
  }

  /// {@return whether another request can be sent: the last answer is complete, and the server
  /// keeps the connection open}
  boolean isReusable() {
    return reusable && !channel.isClosing();
  }

  /// {@return whether the server sent anything, or closed the connection, while nothing was asked
  /// for} What it sent would be taken for the next answer.
  boolean isDisturbed() {
    return Asyncio.moveOnAfter(
        Duration.ZERO,
        () -> {
          try {
            var _ = channel.receive(_ -> {});
          } catch (IOException | CodecException lost) {
            reusable = false; // lost, which is what this asks
          }
        });
  }

  void close() {
    channel.abort();
  }
}
