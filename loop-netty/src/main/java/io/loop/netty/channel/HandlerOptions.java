package io.loop.netty.channel;

import java.util.Objects;
import java.util.function.Predicate;

/// How a [CoroutineHandler] treats its channel.
///
/// @param high the number of queued messages at which reading pauses; one read may bring more
/// @param low the number of queued messages at which reading resumes
/// @param disconnect what the end of the connection does to the coroutine
/// @param afterHandshake whether the coroutine starts when a TLS handshake has succeeded, instead
///   of when the channel is active
/// @param lastPart whether a message completes what the peer is sending. A server that shuts down
///   ends the input after such a message; must not throw
public record HandlerOptions(
    int high, int low, Disconnect disconnect, boolean afterHandshake, Predicate<Object> lastPart) {

  /// What the end of the connection does to the coroutine.
  public enum Disconnect {
    /// Receiving returns null, as at the end of a stream; writing fails. The coroutine continues.
    EOF,
    /// The coroutine is cancelled. A half-close by the peer does not count.
    CANCEL
  }

  /// Reading pauses at 64 messages and resumes at 16. A disconnect ends the stream of messages. The
  /// coroutine starts when the channel is active. Every message is complete.
  public static final HandlerOptions DEFAULT =
      new HandlerOptions(64, 16, Disconnect.EOF, false, _ -> true);

  /// Checks the marks.
  ///
  /// @throws IllegalArgumentException unless 0 <= low < high
  public HandlerOptions {
    Objects.requireNonNull(disconnect, "disconnect");
    Objects.requireNonNull(lastPart, "lastPart");
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
    return new HandlerOptions(high, low, disconnect, afterHandshake, lastPart);
  }

  /// {@return these options with another policy for disconnects}
  ///
  /// @param disconnect what the end of the connection does to the coroutine
  public HandlerOptions withDisconnect(Disconnect disconnect) {
    return new HandlerOptions(high, low, disconnect, afterHandshake, lastPart);
  }

  /// {@return these options with a start after the TLS handshake}
  ///
  /// If the handshake fails, the coroutine never starts, and the failure goes to the loop's
  /// exception handler. If the peer causes it on a channel that a server has accepted, that happens
  /// in debug mode only, as in asyncio.
  public HandlerOptions withStartAfterHandshake() {
    return new HandlerOptions(high, low, disconnect, true, lastPart);
  }

  /// {@return these options for a codec that delivers what a peer sends in several messages}
  ///
  /// A server that shuts down ends the input between requests, not inside one. For Netty's HTTP
  /// codec without an aggregator, pass `message -> message instanceof LastHttpContent`.
  ///
  /// @param lastPart whether a message is the last of its request; must not throw
  public HandlerOptions withLastPart(Predicate<Object> lastPart) {
    return new HandlerOptions(high, low, disconnect, afterHandshake, lastPart);
  }
}
