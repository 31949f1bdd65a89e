package io.loop.samples;

import static io.netty.handler.codec.http.HttpHeaderNames.ALLOW;
import static io.netty.handler.codec.http.HttpHeaderNames.CACHE_CONTROL;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_LENGTH;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_SECURITY_POLICY;
import static io.netty.handler.codec.http.HttpHeaderNames.CONTENT_TYPE;
import static io.netty.handler.codec.http.HttpHeaderNames.DATE;
import static io.netty.handler.codec.http.HttpVersion.HTTP_1_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.DateFormatter;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.QueryStringDecoder;
import java.io.IOException;
import java.io.InputStream;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Base64;
import java.util.Date;

/// A page for browsers, in one HTML file with its script and its styles.
///
/// In the file, `{nonce}` stands where the script and the styles need the number that the policy
/// names. It is another one in each answer, so a script that gets into the page by other ways does
/// not run.
final class WebPage {

  private static final String POLICY =
      "default-src 'none'; connect-src 'self'; script-src 'nonce-{nonce}';"
          + " style-src 'nonce-{nonce}'; base-uri 'none'; form-action 'none';"
          + " frame-ancestors 'none'; require-trusted-types-for 'script'";
  private static final String NONCE = "{nonce}";
  private static final int NONCE_BYTES = 18;

  private final SecureRandom random = new SecureRandom();
  private final String html;

  private WebPage(String html) {
    this.html = html;
  }

  /// {@return the page in a file beside this class} Blocks.
  static WebPage of(String file) throws IOException {
    try (InputStream in = WebPage.class.getResourceAsStream(file)) {
      if (in == null) {
        throw new IllegalStateException(file + " is missing: build the samples with Maven");
      }
      return new WebPage(new String(in.readAllBytes(), UTF_8));
    }
  }

  /// {@return the path of a request's target; empty if it is malformed}
  static String path(HttpRequest request) {
    try {
      return new QueryStringDecoder(request.uri()).path();
    } catch (IllegalArgumentException malformed) {
      return "";
    }
  }

  /// {@return the answer to a request: the page at `/`, and 404 elsewhere}
  FullHttpResponse answer(HttpRequest request) {
    if (!path(request).equals("/")) {
      return text(HttpResponseStatus.NOT_FOUND, "There is only a page at /");
    }
    // the codec leaves out the body of an answer to HEAD
    if (!request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD)) {
      return notAllowed("GET, HEAD");
    }
    byte[] number = new byte[NONCE_BYTES];
    random.nextBytes(number);
    String nonce = Base64.getEncoder().encodeToString(number);
    FullHttpResponse response =
        response(HttpResponseStatus.OK, "text/html; charset=utf-8", html.replace(NONCE, nonce));
    response
        .headers()
        .set(CONTENT_SECURITY_POLICY, POLICY.replace(NONCE, nonce))
        .set("referrer-policy", "no-referrer");
    return response;
  }

  /// {@return the answer to a method that the path does not have}
  static FullHttpResponse notAllowed(String allowed) {
    FullHttpResponse response = text(HttpResponseStatus.METHOD_NOT_ALLOWED, "Use " + allowed);
    response.headers().set(ALLOW, allowed);
    return response;
  }

  /// {@return an answer with a line of text}
  static FullHttpResponse text(HttpResponseStatus status, String line) {
    return response(status, "text/plain; charset=utf-8", line + "\n");
  }

  private static FullHttpResponse response(HttpResponseStatus status, String type, String content) {
    ByteBuf body = Unpooled.copiedBuffer(content, UTF_8);
    var response = new DefaultFullHttpResponse(HTTP_1_1, status, body);
    HttpUtil.setKeepAlive(response, false); // see WebDoor
    setCommonHeaders(response.headers(), type);
    response.headers().set(CONTENT_LENGTH, body.readableBytes());
    return response;
  }

  /// Sets the headers that every answer has.
  static void setCommonHeaders(HttpHeaders headers, String type) {
    headers
        .set(CONTENT_TYPE, type)
        .set(CACHE_CONTROL, "no-store")
        .set("x-content-type-options", "nosniff")
        .set(DATE, DateFormatter.format(Date.from(Instant.now())));
  }
}
