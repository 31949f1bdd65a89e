package io.loop.channel;

import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Receives items for a `for` loop, until there are no more.
final class ItemIterator<T> implements Iterator<T> {

  private final Supplier<T> receive;
  private @Nullable T next;
  private boolean ended;

  /// @param receive waits for an item; throws [EndOfChannelException] if the channel has ended
  ItemIterator(Supplier<T> receive) {
    this.receive = receive;
  }

  @Override
  public boolean hasNext() {
    if (next == null && !ended) {
      try {
        next = receive.get();
      } catch (EndOfChannelException end) {
        ended = true;
      }
    }
    return next != null;
  }

  @Override
  public T next() {
    T item = hasNext() ? next : null;
    if (item == null) {
      throw new NoSuchElementException("the channel has ended");
    }
    next = null;
    return item;
  }
}
