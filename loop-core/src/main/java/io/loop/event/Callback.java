package io.loop.event;

/// Code that a loop calls: see [Loop#callSoon].
///
/// An exception that it throws goes to the loop's exception handler. To schedule a [Runnable], pass
/// its `run`: `loop.callSoon(runnable::run)`.
///
/// Source: the callback of `loop.call_soon`, Python 3.15.
@FunctionalInterface
public interface Callback {

  /// Does the work. It must not await, because it is not a coroutine.
  ///
  /// @throws Exception if the callback fails
  void run() throws Exception;
}
