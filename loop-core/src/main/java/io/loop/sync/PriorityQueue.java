package io.loop.sync;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A queue that returns the smallest item first, and equal items in insertion order.
///
/// Otherwise like [Queue].
///
/// Source: `asyncio.PriorityQueue`, Python 3.15, which leaves the order of equal items undefined.
///
/// @param <E> the type of the items
public final class PriorityQueue<E extends @Nullable Object> extends Queue<E> {

  private record Entry<E extends @Nullable Object>(E item, long sequence) {}

  private final java.util.PriorityQueue<Entry<E>> heap;
  private long nextSequence;

  /// Creates a queue without a size limit, for items in their natural order.
  public PriorityQueue() {
    this(0);
  }

  /// Creates a queue for items in their natural order.
  ///
  /// @param maxSize the maximum number of items; zero or less for no limit
  @SuppressWarnings("unchecked") // items without a natural order cause a ClassCastException
  public PriorityQueue(int maxSize) {
    this(maxSize, (Comparator<? super E>) Comparator.naturalOrder());
  }

  /// Creates a queue.
  ///
  /// @param maxSize the maximum number of items; zero or less for no limit
  /// @param order the order of the items
  public PriorityQueue(int maxSize, Comparator<? super E> order) {
    super(maxSize);
    this.heap =
        new java.util.PriorityQueue<>(
            Comparator.<Entry<E>, E>comparing(Entry::item, order)
                .thenComparingLong(Entry::sequence));
  }

  @Override
  void insert(E item) {
    heap.add(new Entry<>(item, nextSequence++));
  }

  @Override
  E remove() {
    return heap.remove().item();
  }

  @Override
  Collection<?> items() {
    List<Entry<E>> sorted = heap.stream().sorted(heap.comparator()).toList();
    return sorted.stream().map(Entry::item).toList();
  }

  @Override
  int count() {
    return heap.size();
  }
}
