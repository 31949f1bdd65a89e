package io.loop.sync;

import org.jspecify.annotations.Nullable;

/// A queue that returns the most recently added item first.
///
/// Otherwise like [Queue].
///
/// Source: `asyncio.LifoQueue`, Python 3.15.
///
/// @param <E> the type of the items; may allow null
public final class LifoQueue<E extends @Nullable Object> extends Queue<E> {

  /// Creates a queue without a size limit.
  public LifoQueue() {}

  /// Creates a queue.
  ///
  /// @param maxSize the maximum number of items; zero or less for no limit
  public LifoQueue(int maxSize) {
    super(maxSize);
  }

  @Override
  E remove() {
    return removeLatest();
  }
}
