package io.loop.event;

/// What a loop calls: see [Loop#callSoon].
///
/// What it throws goes to the loop's exception handler. To schedule a [Runnable] pass its `run`:
/// `loop.callSoon(runnable::run)`.
///
/// Source: the callback of `loop.call_soon`, Python 3.15.
@FunctionalInterface
public interface Callback {

  /// Does the work. It must not await: it is no coroutine.
  ///
  /// @throws Exception whatever it lets out
  void run() throws Exception;
}
