package io.loop.channel;

import io.loop.task.CancelledError;
import java.util.Iterator;
import java.util.Optional;

/// The receiving end of a channel.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait for the
/// channel. Each item is received once: the receivers of a channel share its items. To deliver each
/// item to every receiver, use [Broadcast].
///
/// Source: trio's `MemoryReceiveChannel`, tokio's `mpsc::Receiver`.
///
/// @param <T> the type of the items
public final class Receiver<T> implements Iterable<T>, AutoCloseable {

  private final Conduit<T> conduit;
  private final End end = new End("receiver");

  Receiver(Conduit<T> conduit) {
    this.conduit = conduit;
    conduit.addReceiver();
  }

  /// Receives the next item, waiting for one if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if there is no item or other tasks wait for one.
  /// Waiting tasks resume in order of arrival. If a receive is cancelled, its item goes to the next
  /// task.
  ///
  /// @return the item
  /// @throws EndOfChannelException if all senders are closed, possibly while the call waits, and no
  ///   item is left
  /// @throws IllegalStateException if this receiver is closed, possibly while the call waits, or if
  ///   the call has to wait and the channel belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public T receive() {
    return conduit.receive(end);
  }

  /// Receives the next item if there is one and no task waits for it. Never suspends. If the
  /// capacity is zero, items are available only to waiting receivers.
  ///
  /// @return the item, or empty
  /// @throws EndOfChannelException if all senders are closed and no item is left
  /// @throws IllegalStateException if this receiver is closed
  public Optional<T> tryReceive() {
    return conduit.tryReceive(end);
  }

  /// {@return an iterator that receives the items} Its `hasNext` calls [#receive], and returns
  /// false when the channel has ended. So a `for` loop waits for each item, and ends when all
  /// senders are closed.
  ///
  /// Leaving the loop does not close this receiver.
  @Override
  public Iterator<T> iterator() {
    return new ItemIterator<>(this::receive);
  }

  /// {@return another receiver of the same channel, which has to be closed separately} Never
  /// suspends.
  ///
  /// @throws IllegalStateException if this receiver is closed
  public Receiver<T> copy() {
    conduit.checkTurn();
    end.requireOpen();
    return new Receiver<>(conduit);
  }

  /// Closes this receiver; receives that wait on it fail. Closing the last receiver drops the items
  /// in the channel, and makes every send fail. Never suspends; closing again has no effect.
  @Override
  public void close() {
    conduit.checkTurn();
    if (end.close()) {
      conduit.removeReceiver();
    }
  }

  @Override
  public String toString() {
    return "<Receiver [" + (end.isClosed() ? "closed" : "open") + "] of " + conduit + ">";
  }
}
