package io.loop;

/// The condition that ends a wait for several futures.
///
/// Source: the constants for `asyncio.wait`, Python 3.15.
public enum ReturnWhen {
  /// All futures are done.
  ALL_COMPLETED,
  /// At least one future is done.
  FIRST_COMPLETED,
  /// At least one future has failed, or all are done. Cancellation does not count as a failure.
  FIRST_EXCEPTION
}
