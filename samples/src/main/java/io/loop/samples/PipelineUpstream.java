package io.loop.samples;

import static io.loop.Asyncio.waitFor;
import static io.loop.Asyncio.wrapFuture;
import static io.netty.handler.codec.http.HttpHeaderNames.CONNECTION;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.VIA;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

/// Another HTTP server, which gets the requests of [Pipeline] by the JDK's `HttpClient`.
///
/// The client has threads of its own and answers with a `CompletableFuture`.
final class PipelineUpstream implements AutoCloseable {

  private static final System.Logger LOG = System.getLogger("io.loop.samples.pipeline");

  /// Headers of one connection, and those that the client or the codec sets.
  private static final Set<String> NOT_FORWARDED =
      Set.of(
          "accept-encoding", // the pipeline compresses
          "connection",
          "content-length",
          "expect",
          "host",
          "http2-settings",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade");

  private static final String OWN_NAME = "1.1 loop";

  private final String base;
  private final Duration limit;
  private final int largestBody;
  private final HttpClient client;
  private final AtomicBoolean down = new AtomicBoolean();

  /// Creates the client; connects later.
  ///
  /// @param base what comes before the path of each request
  /// @param limit how long an answer may take
  /// @param largestBody limit of the body of an answer, in bytes
  PipelineUpstream(URI base, Duration limit, int largestBody) {
    this.base = base.toString().replaceFirst("/+$", "");
    this.limit = limit;
    this.largestBody = largestBody;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(limit)
            .build();
  }

  /// Forwards a request. Coroutine only; suspends until the answer is complete. If the caller is
  /// cancelled, the client ends its connection to the upstream server.
  ///
  /// @throws HttpRefusal if there is no answer
  FullHttpResponse forward(io.netty.handler.codec.http.HttpRequest request, byte[] body)
      throws HttpRefusal {
    HttpRequest question = question(request, body);
    try {
      HttpResponse<byte[]> received = ask(question);
      note(false);
      return answer(request, received);
    } catch (TimeoutException | HttpTimeoutException slow) {
      throw new HttpRefusal(HttpResponseStatus.GATEWAY_TIMEOUT);
    } catch (IOException | IllegalArgumentException failed) {
      if (failed instanceof ConnectException) {
        note(true);
      }
      LOG.log(Level.DEBUG, () -> "no answer from " + base + ": " + failed);
      throw new HttpRefusal(HttpResponseStatus.BAD_GATEWAY);
    }
  }

  /// Logs that the upstream server went down or came back, once each. The loops share this client.
  private void note(boolean isDown) {
    if (down.getAndSet(isDown) != isDown) {
      LOG.log(Level.INFO, () -> base + (isDown ? " is down: cannot connect" : " is up"));
    }
  }

  /// The client's future becomes one of the loop, which a coroutine can await. When the time limit
  /// or the client that waits ends that, the client's future is cancelled too.
  private HttpResponse<byte[]> ask(HttpRequest question) throws IOException, TimeoutException {
    CompletableFuture<HttpResponse<byte[]>> answer =
        client.sendAsync(question, BodyHandlers.limiting(BodyHandlers.ofByteArray(), largestBody));
    return waitFor(wrapFuture(answer), limit);
  }

  private HttpRequest question(io.netty.handler.codec.http.HttpRequest request, byte[] body)
      throws HttpRefusal {
    try {
      var question = HttpRequest.newBuilder(target(request.uri()));
      question.method(
          request.method().name(),
          body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
      Set<String> dropped = notForwarded(request.headers().getAll(CONNECTION));
      request
          .headers()
          .forEach(header -> {
            if (!dropped.contains(lower(header.getKey()))) {
              question.header(header.getKey(), header.getValue());
            }
          });
      return question.header(VIA.toString(), OWN_NAME).build();
    } catch (IllegalArgumentException malformed) {
      throw new HttpRefusal(HttpResponseStatus.BAD_REQUEST);
    }
  }

  private URI target(String path) {
    if (!path.startsWith("/")) {
      throw new IllegalArgumentException("not a path: " + path);
    }
    return URI.create(base + path);
  }

  private FullHttpResponse answer(
      io.netty.handler.codec.http.HttpRequest request, HttpResponse<byte[]> received) {
    var answer =
        new DefaultFullHttpResponse(
            HTTP_1_1,
            HttpResponseStatus.valueOf(received.statusCode()),
            Unpooled.wrappedBuffer(received.body()));
    Set<String> dropped = notForwarded(received.headers().allValues("connection"));
    received
        .headers()
        .map()
        .forEach((name, values) -> {
          if (!dropped.contains(lower(name))) {
            answer.headers().add(name, values);
          }
        });
    String length = Integer.toString(received.body().length);
    boolean isHead = request.method().equals(HttpMethod.HEAD);
    answer
        .headers()
        .set(
            CONTENT_LENGTH,
            isHead ? received.headers().firstValue("content-length").orElse(length) : length)
        .add(VIA, OWN_NAME);
    return answer;
  }

  /// {@return the headers that stay here: some always, and those that the message names}
  private static Set<String> notForwarded(List<String> connection) {
    Set<String> names = new HashSet<>(NOT_FORWARDED);
    for (String line : connection) {
      for (String name : line.split(",", -1)) {
        names.add(lower(name.strip()));
      }
    }
    return names;
  }

  private static String lower(String name) {
    return name.toLowerCase(Locale.ROOT);
  }

  /// Ends the client and what it still does. Never suspends.
  @Override
  public void close() {
    client.shutdownNow();
  }
}
