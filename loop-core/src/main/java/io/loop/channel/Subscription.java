package io.loop.channel;

import io.loop.sync.LoopBinding;
import io.loop.sync.PermitLine;
import io.loop.task.CancelledError;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.Optional;

/// Receives the items of a [Broadcast] from the moment of subscription.
///
/// Loop thread and coroutines of the broadcast's loop only. Close a subscription that is no longer
/// used: when it is full, it would delay the senders, or keep collecting items.
///
/// Source: tokio's `broadcast::Receiver`.
///
/// @param <T> the type of the items
public final class Subscription<T> implements Iterable<T>, AutoCloseable {

  /*
   *   items.size() == filled.free() + receivers that have a permit and have not run
   *
   * Dropping the oldest item makes room for the newest, so the number of permits does not change.
   * Dropped items always precede the first item that is left.
   *
   * open --end--> ended, with items --last item--> ended     close is possible in each state
   */

  private final Broadcast<T> broadcast;
  private final PermitLine filled;
  private final int capacity;
  private final ArrayDeque<T> items = new ArrayDeque<>();
  private final End end = new End("subscription");
  private boolean ended;
  private long dropped;
  private long missed;

  Subscription(Broadcast<T> broadcast, LoopBinding binding, int capacity) {
    this.broadcast = broadcast;
    this.filled = new PermitLine(binding, 0);
    this.capacity = capacity;
    this.ended = broadcast.isClosed();
  }

  /// Adds an item, if there is room or the oldest item is to be dropped.
  void add(T item) {
    if (items.size() == capacity) {
      items.removeFirst();
      dropped++;
      items.addLast(item);
      return;
    }
    items.addLast(item);
    if (isFull()) {
      broadcast.addFull();
    }
    filled.add(1);
  }

  private boolean isFull() {
    return items.size() == capacity && !broadcast.dropsOldest();
  }

  /// Ends this subscription: no more items will be added.
  void end() {
    ended = true;
    wakeAtEnd();
  }

  private boolean hasEnded() {
    return ended && items.isEmpty();
  }

  private void wakeAtEnd() {
    if (hasEnded()) {
      filled.wakeAll();
    }
  }

  /// Receives the next item, waiting for one if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if there is no item or other tasks wait on this
  /// subscription. Waiting tasks resume in order of arrival. If a receive is cancelled, its item
  /// goes to the next task.
  ///
  /// @return the item
  /// @throws EndOfChannelException if the broadcast is closed, possibly while the call waits, and
  ///   no item is left
  /// @throws IllegalStateException if this subscription is closed, possibly while the call waits,
  ///   or if the call has to wait and the broadcast belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public T receive() {
    requireMore();
    if (!filled.tryTake() && !end.await(filled)) {
      throw endOfBroadcast();
    }
    return remove();
  }

  /// Receives the next item if there is one and no task waits for it. Never suspends.
  ///
  /// @return the item, or empty
  /// @throws EndOfChannelException if the broadcast is closed and no item is left
  /// @throws IllegalStateException if this subscription is closed
  public Optional<T> tryReceive() {
    requireMore();
    return filled.tryTake() ? Optional.of(remove()) : Optional.empty();
  }

  private void requireMore() {
    broadcast.checkTurn();
    end.requireOpen();
    if (hasEnded()) {
      throw endOfBroadcast();
    }
  }

  private T remove() {
    boolean wasFull = isFull();
    T item = items.removeFirst();
    missed = dropped;
    dropped = 0;
    if (wasFull) {
      broadcast.removeFull();
    }
    wakeAtEnd();
    return item;
  }

  /// {@return the number of items that were dropped immediately before the last received item}
  /// Always zero with [Broadcast.WhenFull#WAIT].
  ///
  /// Source: the count of tokio's `RecvError::Lagged`.
  public long missed() {
    broadcast.checkTurn();
    return missed;
  }

  /// {@return an iterator that receives the items} Its `hasNext` calls [#receive], and returns
  /// false when the broadcast has ended. So a `for` loop waits for each item, and ends when the
  /// broadcast is closed.
  ///
  /// Leaving the loop does not close this subscription.
  @Override
  public Iterator<T> iterator() {
    return new ItemIterator<>(this::receive);
  }

  /// Closes this subscription, and drops the items in it; receives that wait on it fail. Never
  /// suspends; closing again has no effect.
  @Override
  public void close() {
    broadcast.checkTurn();
    if (!end.close()) {
      return;
    }
    broadcast.remove(this);
    boolean wasFull = isFull();
    items.clear();
    if (wasFull) {
      broadcast.removeFull();
    }
  }

  private static EndOfChannelException endOfBroadcast() {
    return new EndOfChannelException("The broadcast has ended: it is closed.");
  }

  @Override
  public String toString() {
    return "<Subscription [%s] items=%d/%d receiving=%d>"
        .formatted(
            end.isClosed() ? "closed" : ended ? "ended" : "open",
            items.size(),
            capacity,
            filled.waiting());
  }
}
