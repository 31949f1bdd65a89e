package io.loop.sync;

/// A semaphore that cannot be released more often than it was acquired.
///
/// Otherwise like [Semaphore].
///
/// Source: `asyncio.BoundedSemaphore`, Python 3.15.
public final class BoundedSemaphore extends Semaphore {

  private final int bound;

  /// Creates a semaphore with one permit.
  public BoundedSemaphore() {
    this(1);
  }

  /// Creates a semaphore.
  ///
  /// @param value the initial and maximum number of permits
  /// @throws IllegalArgumentException if `value` is negative
  public BoundedSemaphore(int value) {
    super(value);
    this.bound = value;
  }

  /// Releases a permit, and hands it to the first waiting task. Never suspends.
  ///
  /// @throws IllegalArgumentException if all permits are already available
  @Override
  public void release() {
    checkTurn();
    if (value() >= bound) {
      throw new IllegalArgumentException("BoundedSemaphore released too many times");
    }
    super.release();
  }
}
