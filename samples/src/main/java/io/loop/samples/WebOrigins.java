package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.HOST;
import static io.netty.handler.codec.http.HttpHeaderNames.ORIGIN;

import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import java.util.Collection;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// The addresses at which browsers may open a server's page. Requests for other addresses, and
/// requests from pages of other sites, are refused.
final class WebOrigins {

  /*
   * A page of any site can send requests to any server that its browser reaches, also to one that
   * listens on a loopback address only. The browser says in `Origin` which site that is, for
   * WebSockets and for POST. A site can also let its own name lead to a loopback address; then the
   * origin is the site's for the browser too, but `Host` has the site's name.
   *
   * Programs that are not browsers send no `Origin`, and are not the danger here.
   */

  private static final String SCHEME_END = "://";

  private final Set<String> origins;
  private final Set<String> hosts;

  /// @param origins the addresses, `http://host` or `https://host`, with the port unless it is the
  ///   scheme's
  WebOrigins(Collection<String> origins) {
    this.origins = origins.stream().map(WebOrigins::lower).collect(Collectors.toUnmodifiableSet());
    this.hosts =
        this.origins.stream()
            .map(origin -> origin.substring(origin.indexOf(SCHEME_END) + SCHEME_END.length()))
            .collect(Collectors.toUnmodifiableSet());
  }

  private static String lower(String text) {
    return text.toLowerCase(Locale.ROOT);
  }

  /// {@return the answer to a request that is refused; null if it may be served}
  @Nullable FullHttpResponse refusal(HttpRequest request) {
    if (request.decoderResult().isFailure()) {
      HttpRefusal bad = HttpRefusal.undecodable(request.decoderResult().cause());
      return WebPage.text(bad.status(), bad.status().reasonPhrase());
    }
    String host = request.headers().get(HOST);
    if (host == null) {
      return WebPage.text(HttpResponseStatus.BAD_REQUEST, "The header Host is missing");
    }
    if (!hosts.contains(lower(host))) {
      return WebPage.text(
          HttpResponseStatus.MISDIRECTED_REQUEST,
          "This server does not know the address at which you opened it."
              + " Start it with --origin and that address");
    }
    String origin = request.headers().get(ORIGIN);
    if (origin != null && !origins.contains(lower(origin))) {
      return WebPage.text(
          HttpResponseStatus.FORBIDDEN,
          "Pages of other sites may not use this server."
              + " If the site is yours, start the server with --origin and its address");
    }
    return null;
  }
}
