package io.loop.netty;

import org.jspecify.annotations.Nullable;

/// What a [CoroutineHandler] does with a message: the body of a coroutine per message.
///
/// @param <I> the type of the messages
@FunctionalInterface
public interface MessageBody<I> {

  /// Answers one message, on the channel's loop.
  ///
  /// @param channel the channel it came from; its messages are not for this body to receive
  /// @param message the message; released when this returns or throws, so retain it to keep it, or
  ///   to return it
  /// @return the answer, which the channel then owns; null for none
  /// @throws Exception whatever it lets out; the channel is then closed at once
  @Nullable Object answer(CoroutineChannel<I> channel, I message) throws Exception;
}
