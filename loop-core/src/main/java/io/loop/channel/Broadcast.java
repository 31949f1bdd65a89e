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
/// A subscription receives the items that are sent after its creation, in order, and buffers up to
/// `capacity` of them. [WhenFull] determines what happens when a subscription is full. An item that
/// is sent while there is no subscription is discarded.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait.
///
/// Source: tokio's `broadcast::channel`; no asyncio equivalent.
///
/// @param <T> the type of the items; items must not be null
public final class Broadcast<T> implements AutoCloseable {

  /*
   * `full` is the number of full subscriptions. `room` is set while it is zero, or when this is
   * closed. Only the sender that holds `order` adds items, so room that it finds cannot be taken by
   * another sender.
   */

  /// What a send does when a subscription is full.
  public enum WhenFull {
    /// Waits until every subscription has room, so the slowest receiver sets the pace.
    WAIT,
    /// Drops the oldest item of the full subscription, so no receiver delays the others.
    /// [Subscription#missed()] counts the dropped items.
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

  /// Creates a broadcast.
  ///
  /// @param capacity the maximum number of items that each subscription buffers
  /// @param whenFull what a send does when a subscription is full
  /// @throws IllegalArgumentException if `capacity` is less than 1
  public Broadcast(int capacity, WhenFull whenFull) {
    if (capacity < 1) {
      throw new IllegalArgumentException("capacity must be >= 1, not " + capacity);
    }
    this.capacity = capacity;
    this.whenFull = Objects.requireNonNull(whenFull, "whenFull");
    room.set();
  }

  /// {@return a new subscription, which receives the items sent from now on until it is closed}
  /// Never suspends. If this broadcast is closed, the subscription has already ended.
  public Subscription<T> subscribe() {
    checkTurn();
    var subscription = new Subscription<T>(this, binding, capacity);
    if (!closed) {
      subscriptions.add(subscription);
    }
    return subscription;
  }

  /// Sends an item to all subscriptions, waiting for room if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only with [WhenFull#WAIT], if a subscription is full or
  /// other tasks wait. Waiting tasks resume in order of arrival. A send that returns has reached
  /// every subscription; one that throws has reached none.
  ///
  /// @param item the item
  /// @return the number of subscriptions that received the item
  /// @throws IllegalStateException if this broadcast is closed, possibly while the call waits, or
  ///   if the call has to wait and this broadcast belongs to another loop
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

  /// Sends an item to all subscriptions if there is room and no task waits for room. Never
  /// suspends.
  ///
  /// @param item the item
  /// @return whether it was sent; always true with [WhenFull#DROP_OLDEST]
  /// @throws IllegalStateException if this broadcast is closed
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

  /// {@return the number of open subscriptions}
  public int subscribers() {
    checkTurn();
    return subscriptions.size();
  }

  /// Closes this broadcast. Its subscriptions end when their buffered items have been received, and
  /// waiting sends fail. Never suspends; closing again has no effect.
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
