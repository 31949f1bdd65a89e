package io.loop.netty;

/// What a [CoroutineHandler] does with a channel: the body of a coroutine of its own.
///
/// @param <I> the type of the messages it receives
@FunctionalInterface
public interface ChannelBody<I> {

  /// Serves one channel, on the channel's loop.
  ///
  /// When it returns or is cancelled, the channel is closed after what it wrote is sent. When it
  /// throws, the loop's exception handler is told, under the keys `exception` and `channel`, and
  /// the channel is closed at once.
  ///
  /// @param channel the channel
  /// @throws Exception whatever it lets out
  void serve(CoroutineChannel<I> channel) throws Exception;
}
