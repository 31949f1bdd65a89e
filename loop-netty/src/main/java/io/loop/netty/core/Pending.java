package io.loop.netty.core;

import java.util.function.Consumer;

/// What coroutines have written and Netty does not have yet; one implementation for bytes, one for
/// messages, one for packets.
///
/// Coroutines add to it, each kind with a method of its own. The channel's loop thread passes it to
/// Netty.
public interface Pending {

  /// {@return whether Netty has everything}
  boolean isEmpty();

  /// {@return whether writers have to wait until some of it was passed on}
  boolean isFull();

  /// {@return whether the channel takes some of it now}
  boolean canPass();

  /// Passes on what the channel takes, and flushes once.
  ///
  /// @param all whether to pass on everything, whatever the channel takes
  void pass(boolean all);

  /// Drops everything. The coroutines that wait for a part of it fail. If something cannot be
  /// released, all else is, and then the first failure is thrown.
  void drop();

  /// Calls an action when Netty has sent all that it has. Nothing is added from now on.
  ///
  /// @param action gets false if the last of it could not be sent
  void afterSent(Consumer<Boolean> action);
}
