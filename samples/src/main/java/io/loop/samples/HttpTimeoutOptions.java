package io.loop.samples;

import java.time.Duration;
import picocli.CommandLine.Option;

/// The time limits of an HTTP/1.1 server.
final class HttpTimeoutOptions {

  @Option(
      names = "--request-timeout",
      defaultValue = "15",
      paramLabel = "SECONDS",
      description =
          "how long the line and the headers of the next request may take, and then each 64 KiB of"
              + " its body (default: ${DEFAULT-VALUE})")
  private int requestTimeout;

  @Option(
      names = "--idle-timeout",
      defaultValue = "60",
      paramLabel = "SECONDS",
      description =
          "how long the client of a connection may neither send nor take anything (default:"
              + " ${DEFAULT-VALUE})")
  private int idleTimeout;

  /// Refuses values below 1.
  void require(CommonOptions common) {
    common.requirePositive("--request-timeout", requestTimeout);
    common.requirePositive("--idle-timeout", idleTimeout);
  }

  Duration idle() {
    return Duration.ofSeconds(idleTimeout);
  }

  /// @param body the largest body, in bytes
  HttpConnection.Limits limits(long body) {
    return new HttpConnection.Limits(body, Duration.ofSeconds(requestTimeout));
  }
}
