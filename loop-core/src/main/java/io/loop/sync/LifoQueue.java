package io.loop.sync;

import org.jspecify.annotations.Nullable;

/// A queue whose latest item comes out first.
///
/// As [Queue] otherwise.
///
/// Source: `asyncio.LifoQueue`, Python 3.15.
///
/// @param <E> the type of the items; null is an item if it allows that
public final class LifoQueue<E extends @Nullable Object> extends Queue<E> {

  /// Makes a queue that is never full.
  public LifoQueue() {}

  /// Makes a queue.
  ///
  /// @param maxSize how many items it holds at most; zero or less for no limit
  public LifoQueue(int maxSize) {
    super(maxSize);
  }

  @Override
  E remove() {
    return removeLatest();
  }
}
