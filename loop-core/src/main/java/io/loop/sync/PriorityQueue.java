package io.loop.sync;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A queue whose smallest item comes out first, and of equal ones the first that was put in.
///
/// As [Queue] otherwise.
///
/// Source: `asyncio.PriorityQueue`, Python 3.15, which leaves the order of equal items open.
///
/// @param <E> the type of the items
public final class PriorityQueue<E extends @Nullable Object> extends Queue<E> {

  private record Entry<E extends @Nullable Object>(E item, long sequence) {}

  private final java.util.PriorityQueue<Entry<E>> heap;
  private long nextSequence;

  /// Makes a queue that is never full, for items in their natural order.
  public PriorityQueue() {
    this(0);
  }

  /// Makes a queue for items in their natural order.
  ///
  /// @param maxSize how many items it holds at most; zero or less for no limit
  @SuppressWarnings("unchecked") // an item that has no order is refused with a ClassCastException
  public PriorityQueue(int maxSize) {
    this(maxSize, (Comparator<? super E>) Comparator.naturalOrder());
  }

  /// Makes a queue.
  ///
  /// @param maxSize how many items it holds at most; zero or less for no limit
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
