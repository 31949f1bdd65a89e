package io.loop.channel;

import io.loop.task.CancelledError;

/// The end of a channel that items go in at.
///
/// Loop thread and coroutines of one loop only, the first on which a task has to wait for the
/// channel. Several tasks may use one sender; give each a copy if they end at different times.
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

  /// Sends an item, waiting for room if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if there is no room or others wait for it. Those
  /// who wait go on in order of arrival. A send that returns has put the item into the channel; one
  /// that throws has not.
  ///
  /// With a capacity of zero it returns when a receiver waits for the item. If that receiver is
  /// cancelled at this very moment, the item stays for the next one.
  ///
  /// @param item the item
  /// @throws NoReceiversException if all receivers are closed, or are closed while it waits
  /// @throws IllegalStateException if this sender is closed, or is closed while it waits; or if it
  ///   must wait, and the channel belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public void send(T item) {
    conduit.send(end, item);
  }

  /// Sends an item if there is room and no task waits for it. Never suspends.
  ///
  /// @param item the item
  /// @return whether it was sent
  /// @throws NoReceiversException if all receivers are closed
  /// @throws IllegalStateException if this sender is closed
  public boolean trySend(T item) {
    return conduit.trySend(end, item);
  }

  /// {@return another sender of the same channel, which is closed by itself} Never suspends.
  ///
  /// @throws IllegalStateException if this sender is closed
  public Sender<T> copy() {
    conduit.checkTurn();
    end.requireOpen();
    return new Sender<>(conduit);
  }

  /// Closes this sender; sends that wait on it fail. Closing the last sender ends the channel, once
  /// the items in it are received. Never suspends; closing twice does nothing.
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
