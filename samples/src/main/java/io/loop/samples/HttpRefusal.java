package io.loop.samples;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import org.jspecify.annotations.Nullable;

/// The reason why a request gets a status and a line of text instead of what it asked for.
final class HttpRefusal extends Exception {

  private static final long serialVersionUID = 1;

  private final transient HttpResponseStatus status;
  private final transient CharSequence header;
  private final String value;

  HttpRefusal(HttpResponseStatus status) {
    this(status, "", "");
  }

  HttpRefusal(HttpResponseStatus status, CharSequence header, String value) {
    super(status.toString(), null, false, false);
    this.status = status;
    this.header = header;
    this.value = value;
  }

  /// {@return the refusal of what the codec could not decode}
  static HttpRefusal undecodable(@Nullable Throwable cause) {
    return new HttpRefusal(
        switch (cause) {
          case TooLongHttpLineException _ -> HttpResponseStatus.REQUEST_URI_TOO_LONG;
          case TooLongHttpHeaderException _ -> HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE;
          case null, default -> HttpResponseStatus.BAD_REQUEST;
        });
  }

  HttpResponseStatus status() {
    return status;
  }

  /// {@return the header that explains the status, or an empty name}
  CharSequence header() {
    return header;
  }

  String value() {
    return value;
  }

  /// {@return whether it is unclear where the next request starts, or too expensive to find out}
  boolean isFatal() {
    return switch (status.code()) {
      case 301, 404, 405, 416 -> false;
      default -> true;
    };
  }
}
