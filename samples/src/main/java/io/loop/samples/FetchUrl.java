package io.loop.samples;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A URL to fetch.
///
/// @param text the URL as it was given
/// @param origin the server
/// @param target what the server is asked for: the path and the query
record FetchUrl(String text, Origin origin, String target) {

  private static final int HTTP = 80;
  private static final int HTTPS = 443;
  private static final int HIGHEST_PORT = 65_535;
  private static final int LONGEST_NAME = 80;

  /// A server. A connection can be used for all URLs of one origin.
  ///
  /// @param isSecure whether to use TLS
  /// @param host the name or address, without the brackets of IPv6
  /// @param port the port
  record Origin(boolean isSecure, String host, int port) {

    /// {@return the value of the header `Host`}
    String header() {
      String name = host.indexOf(':') < 0 ? host : "[" + host + "]";
      return port == (isSecure ? HTTPS : HTTP) ? name : name + ":" + port;
    }
  }

  /// Reads a URL.
  ///
  /// @throws IllegalArgumentException if it is not one of http or https with a host; the message
  ///   has the URL and the reason
  static FetchUrl parse(String text) {
    URI uri;
    try {
      uri = new URI(text);
    } catch (URISyntaxException malformed) {
      throw refused(text, malformed.getReason(), malformed);
    }
    String scheme = uri.getScheme() == null ? "" : uri.getScheme().toLowerCase(Locale.ROOT);
    boolean isSecure = scheme.equals("https");
    if (!isSecure && !scheme.equals("http")) {
      throw refused(text, "it must begin with http:// or https://", null);
    }
    String host = uri.getHost();
    if (host == null || uri.getPort() > HIGHEST_PORT) {
      throw refused(text, "it has no valid host and port", null);
    }
    if (uri.getRawUserInfo() != null) {
      throw refused(text, "names and passwords are not supported", null);
    }
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    int port = uri.getPort() >= 0 ? uri.getPort() : isSecure ? HTTPS : HTTP;
    return new FetchUrl(
        text, new Origin(isSecure, bare.toLowerCase(Locale.ROOT), port), targetOf(uri));
  }

  private static String targetOf(URI uri) {
    URI ascii = URI.create(uri.toASCIIString());
    String path = ascii.getRawPath().isEmpty() ? "/" : ascii.getRawPath();
    return ascii.getRawQuery() == null ? path : path + "?" + ascii.getRawQuery();
  }

  private static IllegalArgumentException refused(
      String text, String why, @Nullable Throwable cause) {
    return new IllegalArgumentException("cannot fetch '" + text + "': " + why, cause);
  }

  /// {@return a file name for the body: safe in every directory, and different for each number}
  ///
  /// @param number the number of the URL
  String fileName(int number) {
    String path = target.replaceFirst("\\?.*", "");
    String last = path.substring(path.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9._-]", "_");
    String name = last.isEmpty() ? "index" : last;
    return String.format(Locale.ROOT, "%04d-", number)
        + name.substring(Math.max(0, name.length() - LONGEST_NAME));
  }
}
