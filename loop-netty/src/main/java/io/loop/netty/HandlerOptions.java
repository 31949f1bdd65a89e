package io.loop.netty;

import java.util.Objects;

/// How a [CoroutineHandler] treats its channel.
///
/// @param high the number of queued messages at which reading pauses; one read may bring more
/// @param low the number of queued messages at which reading resumes
/// @param disconnect what the end of the connection does to the coroutine
/// @param afterHandshake whether the coroutine starts when a TLS handshake has succeeded, instead
///   of when the channel is active
public record HandlerOptions(int high, int low, Disconnect disconnect, boolean afterHandshake) {

  /// What the end of the connection does to the coroutine.
  public enum Disconnect {
    /// Receiving returns null, as at the end of a stream; writing fails. The coroutine continues.
    EOF,
    /// The coroutine is cancelled. A half-close by the peer does not count.
    CANCEL
  }

  /// Reading pauses at 64 messages and resumes at 16. A disconnect ends the stream of messages. The
  /// coroutine starts when the channel is active.
  public static final HandlerOptions DEFAULT = new HandlerOptions(64, 16, Disconnect.EOF, false);

  /// Checks the marks.
  ///
  /// @throws IllegalArgumentException unless 0 <= low < high
  public HandlerOptions {
    Objects.requireNonNull(disconnect, "disconnect");
    if (low < 0 || low >= high) {
      throw new IllegalArgumentException(
          "the water marks must be 0 <= low < high, not low=" + low + ", high=" + high);
    }
  }

  /// {@return these options with other water marks}
  ///
  /// @param high the number of queued messages at which reading pauses
  /// @param low the number of queued messages at which reading resumes
  /// @throws IllegalArgumentException unless 0 <= low < high
  public HandlerOptions withWaterMarks(int high, int low) {
    return new HandlerOptions(high, low, disconnect, afterHandshake);
  }

  /// {@return these options with another policy for disconnects}
  ///
  /// @param disconnect what the end of the connection does to the coroutine
  public HandlerOptions withDisconnect(Disconnect disconnect) {
    return new HandlerOptions(high, low, disconnect, afterHandshake);
  }

  /// {@return these options with a start after the TLS handshake}
  ///
  /// If the handshake fails, the coroutine never starts, and the failure goes to the loop's
  /// exception handler.
  public HandlerOptions withStartAfterHandshake() {
    return new HandlerOptions(high, low, disconnect, true);
  }
}
