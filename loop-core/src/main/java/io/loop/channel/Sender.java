package io.loop.channel;

import io.loop.task.CancelledError;

/// The sending end of a channel.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait for the
/// channel. Several tasks may use one sender; give each task a copy if they finish at different
/// times.
///
/// Source: trio's `MemorySendChannel`, tokio's `mpsc::Sender`.
///
/// @param <T> the type of the items
public final class Sender<T> implements AutoCloseable {

  private final Conduit<T> conduit;
  private final End end = new End("sender");

  Sender(Conduit<T> conduit) {
    this.conduit = conduit;
    conduit.addSender();
  }

  /// Sends an item, waiting for room if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if there is no room or other tasks wait for it.
  /// Waiting tasks resume in order of arrival. A send that returns has put the item into the
  /// channel; one that throws has not.
  ///
  /// With a capacity of zero, it returns when a receiver waits for the item. If that receiver is
  /// cancelled at the same moment, the item stays for the next one.
  ///
  /// @param item the item
  /// @throws NoReceiversException if all receivers are closed, possibly while the call waits
  /// @throws IllegalStateException if this sender is closed, possibly while the call waits, or if
  ///   the call has to wait and the channel belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public void send(T item) {
    conduit.send(end, item);
  }

  /// Sends an item if there is room and no task waits for room. Never suspends.
  ///
  /// @param item the item
  /// @return whether it was sent
  /// @throws NoReceiversException if all receivers are closed
  /// @throws IllegalStateException if this sender is closed
  public boolean trySend(T item) {
    return conduit.trySend(end, item);
  }

  /// {@return another sender of the same channel, which has to be closed separately} Never
  /// suspends.
  ///
  /// @throws IllegalStateException if this sender is closed
  public Sender<T> copy() {
    conduit.checkTurn();
    end.requireOpen();
    return new Sender<>(conduit);
  }

  /// Closes this sender; sends that wait on it fail. After the last sender is closed, the channel
  /// ends when the items in it have been received. Never suspends; closing again has no effect.
  @Override
  public void close() {
    conduit.checkTurn();
    if (end.close()) {
      conduit.removeSender();
    }
  }

  @Override
  public String toString() {
    return "<Sender [" + (end.isClosed() ? "closed" : "open") + "] of " + conduit + ">";
  }
}
