package io.loop.samples;

import java.io.IOException;
import java.net.UnknownHostException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/// The reason why a URL could not be fetched, other than a lost connection.
final class FetchFailure extends IOException {

  private static final long serialVersionUID = 1;

  private final boolean passing;

  /// Creates it.
  ///
  /// @param passing whether another attempt may succeed
  FetchFailure(String message, boolean passing, @Nullable Throwable cause) {
    super(message, cause);
    this.passing = passing;
  }

  /// {@return whether another attempt may succeed} A lost connection, a time-out and a name server
  /// without an answer may pass; a certificate that is not trusted does not, nor does a name that
  /// does not exist.
  static boolean mayPass(Throwable fault) {
    return switch (fault) {
      case FetchFailure failure -> failure.passing;
      case SSLException _ -> false;
      case UnknownHostException unknown -> !saysThatThereIsNone(unknown);
      case IOException _, TimeoutException _ -> true;
      default -> false;
    };
  }

  /// The reason is only in the message: "Name or service not known" on Linux, "nodename nor
  /// servname provided, or not known" on macOS, "No such host is known" on Windows.
  private static boolean saysThatThereIsNone(UnknownHostException fault) {
    String message = String.valueOf(fault.getMessage());
    return message.contains("not known") || message.contains("No such host");
  }
}
