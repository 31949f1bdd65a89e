package io.loop.task;

/// What is called once a future is done: see [LoopFuture#addDoneCallback].
///
/// What it throws goes to the loop's exception handler.
///
/// Source: the callback of `Future.add_done_callback`, Python 3.15.
///
/// @param <F> the type of the future
@FunctionalInterface
public interface DoneCallback<F> {

  /// Does the work. It must not await: it is no coroutine.
  ///
  /// @param future the future, which is done
  /// @throws Exception whatever it lets out
  void call(F future) throws Exception;
}
