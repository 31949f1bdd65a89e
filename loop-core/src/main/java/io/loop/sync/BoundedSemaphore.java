package io.loop.sync;

/// A semaphore that cannot be released more often than it was acquired.
///
/// As [Semaphore] otherwise.
///
/// Source: `asyncio.BoundedSemaphore`, Python 3.15.
public final class BoundedSemaphore extends Semaphore {

  private final int bound;

  /// Makes a semaphore with one permit.
  public BoundedSemaphore() {
    this(1);
  }

  /// Makes a semaphore.
  ///
  /// @param value how many permits it has, now and at most
  /// @throws IllegalArgumentException if that is negative
  public BoundedSemaphore(int value) {
    super(value);
    this.bound = value;
  }

  /// Gives a permit back, and hands it to the first task that waits. Never suspends.
  ///
  /// @throws IllegalArgumentException if all permits are there already
  @Override
  public void release() {
    checkTurn();
    if (value() >= bound) {
      throw new IllegalArgumentException("BoundedSemaphore released too many times");
    }
    super.release();
  }
}
