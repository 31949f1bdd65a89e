package io.loop.samples;

import static io.netty.handler.codec.http.HttpVersion.HTTP_1_0;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;
import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loop.Asyncio;
import io.loop.channel.EndOfChannelException;
import io.loop.channel.Subscription;
import io.loop.event.Loop;
import io.loop.netty.channel.CoroutineChannel;
import io.loop.sync.RateLimiter;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// One connection of [Sse]: a request for the page, for the events, or for a blocking call.
final class SseConnection {

  /// What all connections share.
  ///
  /// @param page what `GET /` gets
  /// @param pulse the events
  /// @param heartbeat how long a stream may have no event before it gets a comment
  /// @param patience how long a reader may take nothing
  /// @param blocks how often the loop may be blocked
  record Shared(
      WebPage page, SsePulse pulse, Duration heartbeat, Duration patience, RateLimiter blocks) {}

  private static final System.Logger LOG = System.getLogger("io.loop.samples.sse");
  private static final int MOST_MILLIS = 1000;
  private static final String RECONNECT = "retry: 1000\n\n"; // milliseconds
  private static final String HEARTBEAT = ": still here\n\n";

  private final CoroutineChannel<FullHttpRequest> channel;
  private final Shared shared;

  SseConnection(CoroutineChannel<FullHttpRequest> channel, Shared shared) {
    this.channel = channel;
    this.shared = shared;
  }

  void serve() throws Exception {
    try {
      boolean _ = channel.<Exception>receive(this::answer);
    } catch (SocketTimeoutException silent) {
      LOG.log(Level.DEBUG, () -> channel + ": " + silent.getMessage());
    }
  }

  private void answer(FullHttpRequest request) throws IOException, InterruptedException {
    switch (WebPage.path(request)) {
      case "/events" -> {
        if (request.method().equals(HttpMethod.GET)) {
          stream(request);
        } else {
          channel.send(WebPage.notAllowed("GET"));
        }
      }
      case "/callback", "/coroutine" -> {
        boolean post = request.method().equals(HttpMethod.POST);
        channel.send(post ? block(request) : WebPage.notAllowed("POST"));
      }
      default -> channel.send(shared.page().answer(request));
    }
  }

  /// Sends the events that the client has missed, and then each one that comes, until the client
  /// goes, reads too slowly, or the server shuts down.
  private void stream(HttpRequest request) throws IOException {
    begin(request);
    try (Subscription<SsePulse.Event> next = shared.pulse().subscribe()) {
      write(RECONNECT);
      for (SsePulse.Event missed : shared.pulse().since(lastEventId(request))) {
        write(missed.text());
      }
      while (next.missed() == 0) {
        Optional<SsePulse.Event> event = Asyncio.moveOnAfter(shared.heartbeat(), next::receive);
        write(event.map(SsePulse.Event::text).orElse(HEARTBEAT));
      }
      drop("some events were too many for it");
    } catch (EndOfChannelException shutdown) {
      channel.write(LastHttpContent.EMPTY_LAST_CONTENT);
    } catch (TimeoutException slow) {
      drop("it does not read");
    }
  }

  private void begin(HttpRequest request) {
    var response = new DefaultHttpResponse(HTTP_1_1, HttpResponseStatus.OK);
    WebPage.setCommonHeaders(response.headers(), "text/event-stream");
    HttpUtil.setKeepAlive(response, false);
    // without chunks, the end of the connection is the end of the answer
    HttpUtil.setTransferEncodingChunked(response, !request.protocolVersion().equals(HTTP_1_0));
    channel.write(response);
  }

  /// {@return the last event that the client has got; 0 if it says none that is ours}
  private static long lastEventId(HttpRequest request) {
    String id = request.headers().get("last-event-id", "");
    return id.matches("\\d{1,18}") ? Long.parseLong(id) : 0;
  }

  private void write(String text) throws IOException, TimeoutException {
    channel.write(new DefaultHttpContent(Unpooled.copiedBuffer(text, US_ASCII)));
    Asyncio.timeout(shared.patience(), channel::drain);
  }

  /// Ends a stream that its client does not read. Nothing is lost: the client comes back, says
  /// which event was the last, and gets those after it.
  private void drop(String why) {
    LOG.log(Level.DEBUG, () -> channel + " is dropped: " + why);
    channel.abort();
  }

  /// Makes a blocking call, in a callback or in this coroutine.
  private FullHttpResponse block(HttpRequest request) throws InterruptedException {
    Duration time = time(request);
    if (time == null) {
      return WebPage.text(
          HttpResponseStatus.BAD_REQUEST, "Use ?millis=N, from 1 to " + MOST_MILLIS);
    }
    if (!shared.blocks().tryAcquire()) {
      return WebPage.text(HttpResponseStatus.TOO_MANY_REQUESTS, "Wait two seconds, then try again");
    }
    if (WebPage.path(request).equals("/callback")) {
      var _ = Loop.running().callSoon(() -> Thread.sleep(time));
      Asyncio.sleep(Duration.ZERO); // the callback's turn
      return WebPage.text(HttpResponseStatus.OK, "The loop stood still");
    }
    Thread.sleep(time);
    return WebPage.text(HttpResponseStatus.OK, "The loop went on");
  }

  private static @Nullable Duration time(HttpRequest request) {
    try {
      String millis =
          new QueryStringDecoder(request.uri())
              .parameters()
              .getOrDefault("millis", List.of(""))
              .getFirst();
      int number = millis.matches("\\d{1,4}") ? Integer.parseInt(millis) : 0;
      return number < 1 || number > MOST_MILLIS ? null : Duration.ofMillis(number);
    } catch (IllegalArgumentException malformed) {
      return null;
    }
  }
}
