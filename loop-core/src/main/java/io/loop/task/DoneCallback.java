package io.loop.task;

/// A callback that runs when a future is done; see [LoopFuture#addDoneCallback].
///
/// An exception that it throws goes to the loop's exception handler.
///
/// Source: the callback of `Future.add_done_callback`, Python 3.15.
///
/// @param <F> the type of the future
@FunctionalInterface
public interface DoneCallback<F> {

  /// Runs the callback. It must not await, because it is not a coroutine.
  ///
  /// @param future the future, which is done
  /// @throws Exception whatever the callback throws
  void call(F future) throws Exception;
}
