package io.loop.netty.base;

import java.nio.channels.ClosedChannelException;
import org.jspecify.annotations.Nullable;

/// Texts for the reason of a failure, for messages.
public final class Reasons {

  private Reasons() {}

  /// {@return the message of a failure, or a substitute if it has none}
  ///
  /// @param cause the failure; null if the connection was closed without a failure
  public static String of(@Nullable Throwable cause) {
    if (cause == null) {
      return "the connection was closed";
    }
    String message = cause.getMessage();
    if (message != null) {
      return message;
    }
    return cause instanceof ClosedChannelException ? "the connection was closed" : cause.toString();
  }
}
