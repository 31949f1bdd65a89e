package io.loop.netty.channel;

import org.jspecify.annotations.Nullable;

/// The code that answers a message in a [CoroutineHandler]. It runs as one coroutine per message.
///
/// @param <I> the type of the messages
@FunctionalInterface
public interface MessageBody<I> {

  /// Answers one message, on the channel's loop.
  ///
  /// @param channel the channel it came from; this body must not receive from it
  /// @param message the message. It is released when this returns or throws; retain it to keep it,
  ///   or to return it
  /// @return the answer, which then belongs to the channel; null for none
  /// @throws Exception if answering fails; the channel is then closed immediately
  @Nullable Object answer(CoroutineChannel<I> channel, I message) throws Exception;
}
