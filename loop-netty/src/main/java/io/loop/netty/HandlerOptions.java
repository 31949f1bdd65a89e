package io.loop.netty;

import java.util.Objects;

/// How a [CoroutineHandler] treats its channel.
///
/// @param high reading stops when so many messages wait to be received; one read may bring more
/// @param low and goes on when no more than so many are left
/// @param disconnect what the end of the connection does to the coroutine
/// @param afterHandshake whether the coroutine starts when a TLS handshake has succeeded, instead
///   of when the channel is active
public record HandlerOptions(int high, int low, Disconnect disconnect, boolean afterHandshake) {

  /// What the end of the connection does to the coroutine.
  public enum Disconnect {
    /// Receiving ends, as at the end of a stream; writing fails. The coroutine goes on.
    EOF,
    /// The coroutine is cancelled. A peer that has ended its direction only does not count.
    CANCEL
  }

  /// Reading stops at 64 messages and goes on at 16; the end of the connection is the end of the
  /// messages; the coroutine starts when the channel is active.
  public static final HandlerOptions DEFAULT = new HandlerOptions(64, 16, Disconnect.EOF, false);

  /// Checks the marks.
  ///
  /// @throws IllegalArgumentException unless 0 <= low < high
  public HandlerOptions {
    Objects.requireNonNull(disconnect, "disconnect");
    if (low < 0 || low >= high) {
      throw new IllegalArgumentException(
          "the marks must be 0 <= low < high, not low=" + low + ", high=" + high);
    }
  }

  /// {@return these options with other marks}
  ///
  /// @param high reading stops when so many messages wait
  /// @param low and goes on when no more than so many are left
  /// @throws IllegalArgumentException unless 0 <= low < high
  public HandlerOptions withWaterMarks(int high, int low) {
    return new HandlerOptions(high, low, disconnect, afterHandshake);
  }

  /// {@return these options with another policy}
  ///
  /// @param disconnect what the end of the connection does to the coroutine
  public HandlerOptions withDisconnect(Disconnect disconnect) {
    return new HandlerOptions(high, low, disconnect, afterHandshake);
  }

  /// {@return these options with a start after the TLS handshake}
  ///
  /// If the handshake fails, the coroutine never starts, and the loop's exception handler is told.
  public HandlerOptions withStartAfterHandshake() {
    return new HandlerOptions(high, low, disconnect, true);
  }
}
