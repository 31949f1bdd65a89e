package io.loop.task;

/// What ends a wait for several futures.
///
/// Source: the constants for `asyncio.wait`, Python 3.15.
public enum ReturnWhen {
  /// All are done.
  ALL_COMPLETED,
  /// One is done.
  FIRST_COMPLETED,
  /// One has failed, or all are done. Being cancelled is not failing.
  FIRST_EXCEPTION
}
