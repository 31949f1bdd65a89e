package io.loop.channel;

import io.loop.task.CancelledError;
import java.util.Iterator;
import java.util.Optional;

/// The end of a channel that items come out at.
///
/// Loop thread and coroutines of one loop only, the first on which a task has to wait for the
/// channel. Each item is received once: receivers and tasks of one channel share its items. For a
/// copy of each item to every receiver use [Broadcast].
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

  /// Receives the next item, waiting for one if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if there is no item or others wait for it. Those
  /// who wait go on in order of arrival. A receive that is cancelled leaves its item to the next.
  ///
  /// @return the item
  /// @throws EndOfChannelException if all senders are closed, or are closed while it waits, and no
  ///   item is left
  /// @throws IllegalStateException if this receiver is closed, or is closed while it waits; or if
  ///   it must wait, and the channel belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public T receive() {
    return conduit.receive(end);
  }

  /// Receives the next item if there is one and no task waits for it. Never suspends. If the
  /// capacity is zero, items are only there for those who wait.
  ///
  /// @return the item, or nothing
  /// @throws EndOfChannelException if all senders are closed, and no item is left
  /// @throws IllegalStateException if this receiver is closed
  public Optional<T> tryReceive() {
    return conduit.tryReceive(end);
  }

  /// {@return the items, received one by one} Its `hasNext` is a [#receive], and false at the end
  /// of the channel. So a `for` loop waits for each item, and ends when all senders are closed.
  ///
  /// Leaving the loop does not close this receiver.
  @Override
  public Iterator<T> iterator() {
    return new ItemIterator<>(this::receive);
  }

  /// {@return another receiver of the same channel, which is closed by itself} Never suspends.
  ///
  /// @throws IllegalStateException if this receiver is closed
  public Receiver<T> copy() {
    conduit.checkTurn();
    end.requireOpen();
    return new Receiver<>(conduit);
  }

  /// Closes this receiver; receives that wait on it fail. Closing the last receiver drops the items
  /// that nobody has received, and lets every send fail. Never suspends; closing twice does
  /// nothing.
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
