package io.loop.channel;

import io.loop.sync.Event;
import io.loop.sync.Lock;
import io.loop.sync.LoopBinding;
import io.loop.task.CancelledError;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;

/// Sends each item to every subscription.
///
/// A subscription gets the items that are sent after it was made, in order, and holds up to
/// `capacity` of them until they are received. What happens when one is full is chosen when the
/// broadcast is made. An item that is sent while there is no subscription goes nowhere.
///
/// Loop thread and coroutines of one loop only, the first on which a task has to wait for it.
///
/// Source: tokio's `broadcast::channel`; asyncio has nothing like it.
///
/// @param <T> the type of the items; null is not an item
public final class Broadcast<T> implements AutoCloseable {

  /*
   * `full` is how many subscriptions are full; `room` is set while it is zero, or when this is
   * closed. Only the sender that holds `order` adds items, so when it finds room, it still has it.
   */

  /// What a send does when a subscription is full.
  public enum WhenFull {
    /// Waits until every subscription has room: the slowest receiver sets the pace.
    WAIT,
    /// Drops the oldest item of the full subscription, which is told with [Subscription#missed()]:
    /// no receiver holds up the others.
    DROP_OLDEST
  }

  private final LoopBinding binding = new LoopBinding(this);
  private final Lock order = new Lock();
  private final Event room = new Event();
  private final Set<Subscription<T>> subscriptions = new LinkedHashSet<>();
  private final int capacity;
  private final WhenFull whenFull;
  private int sending;
  private int full;
  private boolean closed;

  /// Makes a broadcast.
  ///
  /// @param capacity how many items each subscription holds
  /// @param whenFull what a send does when a subscription is full
  /// @throws IllegalArgumentException if the capacity is less than one
  public Broadcast(int capacity, WhenFull whenFull) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity must be >= 1, not " + capacity);
    }
    this.capacity = capacity;
    this.whenFull = Objects.requireNonNull(whenFull, "whenFull");
    room.set();
  }

  /// {@return a new subscription: it gets what is sent from now on, until it is closed} Never
  /// suspends. If this broadcast is closed, it has ended already.
  public Subscription<T> subscribe() {
    checkTurn();
    var subscription = new Subscription<T>(this, binding, capacity);
    if (!closed) {
      subscriptions.add(subscription);
    }
    return subscription;
  }

  /// Sends an item to all subscriptions, waiting for room if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only with [WhenFull#WAIT], if a subscription is full or
  /// others wait. Those who wait go on in order of arrival. A send that returns has reached every
  /// subscription; one that throws has reached none.
  ///
  /// @param item the item
  /// @return how many subscriptions it went to
  /// @throws IllegalStateException if this is closed, or is closed while it waits; or if it must
  ///   wait, and this belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public int send(T item) {
    requireSendable(item);
    if (full == 0 && sending == 0) {
      return deliver(item);
    }
    sending++;
    try (var _ = order.hold()) {
      room.await();
      requireOpen();
      return deliver(item);
    } finally {
      sending--;
    }
  }

  /// Sends an item to all subscriptions if there is room and no task waits for it. Never suspends.
  ///
  /// @param item the item
  /// @return whether it was sent; always true with [WhenFull#DROP_OLDEST]
  /// @throws IllegalStateException if this is closed
  public boolean trySend(T item) {
    requireSendable(item);
    if (full > 0 || sending > 0) {
      return false;
    }
    deliver(item);
    return true;
  }

  private void requireSendable(T item) {
    Objects.requireNonNull(item, "item");
    checkTurn();
    requireOpen();
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException("This broadcast is closed.");
    }
  }

  private int deliver(T item) {
    subscriptions.forEach(subscription -> subscription.add(item));
    return subscriptions.size();
  }

  boolean isClosed() {
    return closed;
  }

  boolean dropsOldest() {
    return whenFull == WhenFull.DROP_OLDEST;
  }

  void addFull() {
    full++;
    room.clear();
  }

  void removeFull() {
    full--;
    if (full == 0) {
      room.set();
    }
  }

  void remove(Subscription<T> subscription) {
    subscriptions.remove(subscription);
  }

  void checkTurn() {
    binding.checkTurn();
  }

  /// {@return how many subscriptions there are}
  public int subscribers() {
    checkTurn();
    return subscriptions.size();
  }

  /// Ends this broadcast: its subscriptions end once their items are received, and sends that wait
  /// fail. Never suspends; closing twice does nothing.
  @Override
  public void close() {
    checkTurn();
    if (closed) {
      return;
    }
    closed = true;
    room.set();
    new ArrayList<>(subscriptions).forEach(Subscription::end);
    subscriptions.clear();
  }

  @Override
  public String toString() {
    return "<Broadcast [%s] capacity=%d subscribers=%d sending=%d>"
        .formatted(closed ? "closed" : "open", capacity, subscriptions.size(), sending);
  }
}
