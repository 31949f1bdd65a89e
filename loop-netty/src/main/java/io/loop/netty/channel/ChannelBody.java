package io.loop.netty.channel;

/// The code that serves the channel of a [CoroutineHandler]. It runs as a coroutine.
///
/// @param <I> the type of the messages it receives
@FunctionalInterface
public interface ChannelBody<I> {

  /// Serves one channel, on the channel's loop.
  ///
  /// When it returns or is cancelled, the channel is closed after everything written is sent. When
  /// it throws, the loop's exception handler is called, with the keys `exception` and `channel`,
  /// and the channel is closed immediately.
  ///
  /// @param channel the channel
  /// @throws Exception if serving the channel fails
  void serve(CoroutineChannel<I> channel) throws Exception;
}
