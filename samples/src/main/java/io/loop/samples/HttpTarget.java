package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;

import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.net.URI;
import java.util.List;

/// What a request asks for, in the same way for [HttpConnection] and [Http2Exchange].
final class HttpTarget {

  private static final int MOST_NUMBERS = 100_000_000;

  private HttpTarget() {}

  /// {@return the target of a request}
  static QueryStringDecoder of(String uri) throws HttpRefusal {
    try {
      var target =
          uri.startsWith("/")
              ? new QueryStringDecoder(uri)
              : new QueryStringDecoder(URI.create(uri)); // as a proxy sends it
      if (target.path().startsWith("/")) {
        return target;
      }
    } catch (IllegalArgumentException malformed) {
      throw HttpRefusal.undecodable(malformed);
    }
    throw new HttpRefusal(HttpResponseStatus.BAD_REQUEST);
  }

  /// Refuses other methods than one. GET includes HEAD.
  static void requireMethod(String asked, HttpMethod method) throws HttpRefusal {
    boolean head = method.equals(HttpMethod.GET) && asked.equals(HttpMethod.HEAD.name());
    if (!head && !asked.equals(method.name())) {
      throw new HttpRefusal(
          HttpResponseStatus.METHOD_NOT_ALLOWED,
          ALLOW,
          method.equals(HttpMethod.GET) ? "GET, HEAD" : method.name());
    }
  }

  /// {@return how many numbers a request wants}
  static int howMany(QueryStringDecoder target) throws HttpRefusal {
    String to;
    try {
      to = target.parameters().getOrDefault("to", List.of("10")).getFirst();
    } catch (IllegalArgumentException malformed) {
      throw HttpRefusal.undecodable(malformed);
    }
    int numbers = to.matches("\\d{1,9}") ? Integer.parseInt(to) : -1;
    if (numbers < 0 || numbers > MOST_NUMBERS) {
      throw new HttpRefusal(HttpResponseStatus.BAD_REQUEST);
    }
    return numbers;
  }
}
