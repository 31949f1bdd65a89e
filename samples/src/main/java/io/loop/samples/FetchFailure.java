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

  /// {@return whether another attempt may succeed} A lost connection and a time-out may pass. A
  /// certificate that is not trusted does not, nor does a name without an address: the resolver has
  /// asked every name server already.
  static boolean mayPass(Throwable fault) {
    return switch (fault) {
      case FetchFailure failure -> failure.passing;
      case SSLException _, UnknownHostException _ -> false;
      case IOException _, TimeoutException _ -> true;
      default -> false;
    };
  }
}
