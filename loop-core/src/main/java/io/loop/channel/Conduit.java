package io.loop.channel;

import io.loop.sync.LoopBinding;
import io.loop.sync.PermitLine;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Optional;

/// The state that the ends of a channel share.
///
/// Loop thread and coroutines of one loop only.
final class Conduit<T> {

  /*
   *   send     room ---permit---> items.add    ---> filled + 1
   *   receive  filled ---permit---> items.remove ---> room + 1
   *
   * An item is in `items` from the moment its send succeeds until its receive does. No task carries
   * an item, so a cancelled task cannot lose one.
   *
   * A receiver that waits adds room for one more item; with a capacity of zero, that is all the
   * room there is. If the receiver is cancelled, it withdraws that room. If a sender has already
   * used it, the room becomes negative, the item stays for the next receiver, and that one adds no
   * room.
   *
   *   items.size() == filled.free() + receivers that have a permit and have not run
   *
   * The channel has ended when no sender is open and `items` is empty. A receiver that finds items
   * but no permit waits, because a receiver with a permit may still be cancelled and leave its item
   * behind.
   */

  private final LoopBinding binding = new LoopBinding(this);
  private final int capacity;
  private final PermitLine room;
  private final PermitLine filled = new PermitLine(binding, 0);
  private final ArrayDeque<T> items = new ArrayDeque<>();
  private int openSenders;
  private int openReceivers;

  Conduit(int capacity) {
    if (capacity < 0) {
      throw new IllegalArgumentException("capacity must be >= 0, not " + capacity);
    }
    this.capacity = capacity;
    this.room = new PermitLine(binding, capacity);
  }

  void checkTurn() {
    binding.checkTurn();
  }

  void addSender() {
    openSenders++;
  }

  void addReceiver() {
    openReceivers++;
  }

  void removeSender() {
    openSenders--;
    wakeAtEnd();
  }

  void removeReceiver() {
    openReceivers--;
    if (openReceivers == 0) {
      items.clear();
      room.wakeAll();
    }
  }

  private boolean hasEnded() {
    return openSenders == 0 && items.isEmpty();
  }

  private void wakeAtEnd() {
    if (hasEnded()) {
      filled.wakeAll();
    }
  }

  void send(End sender, T item) {
    requireReceivers(sender, item);
    if (!room.tryTake()) {
      boolean taken = sender.await(room);
      if (!taken || openReceivers == 0) {
        throw noReceivers();
      }
    }
    append(item);
  }

  boolean trySend(End sender, T item) {
    requireReceivers(sender, item);
    if (!room.tryTake()) {
      return false;
    }
    append(item);
    return true;
  }

  private void requireReceivers(End sender, T item) {
    Objects.requireNonNull(item, "item");
    checkTurn();
    sender.requireOpen();
    if (openReceivers == 0) {
      throw noReceivers();
    }
  }

  private void append(T item) {
    items.addLast(item);
    filled.add(1);
  }

  T receive(End receiver) {
    requireMore(receiver);
    if (filled.tryTake()) {
      room.add(1);
    } else {
      awaitItem(receiver);
    }
    return remove();
  }

  Optional<T> tryReceive(End receiver) {
    requireMore(receiver);
    if (!filled.tryTake()) {
      return Optional.empty();
    }
    room.add(1);
    return Optional.of(remove());
  }

  private void requireMore(End receiver) {
    checkTurn();
    receiver.requireOpen();
    if (hasEnded()) {
      throw endOfChannel();
    }
  }

  private void awaitItem(End receiver) {
    room.add(1);
    boolean taken = false;
    try {
      taken = receiver.await(filled);
    } finally {
      if (!taken) {
        room.add(-1);
      }
    }
    if (!taken) {
      throw endOfChannel();
    }
  }

  private T remove() {
    T item = items.removeFirst();
    wakeAtEnd();
    return item;
  }

  private static NoReceiversException noReceivers() {
    return new NoReceiversException("The item cannot be sent: all receivers are closed.");
  }

  private static EndOfChannelException endOfChannel() {
    return new EndOfChannelException("The channel has ended: all senders are closed.");
  }

  @Override
  public String toString() {
    return "<channel items=%d/%d senders=%d receivers=%d sending=%d receiving=%d>"
        .formatted(
            items.size(), capacity, openSenders, openReceivers, room.waiting(), filled.waiting());
  }
}
