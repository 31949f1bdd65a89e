package io.loop.task;

import org.jspecify.annotations.Nullable;

/// What can be awaited: a future, a task, or the body of a coroutine.
///
/// A function that takes an awaitable says what it does with each: a future is waited for, and a
/// body is run, most often as a new task. A lambda is a body.
///
/// Source: an awaitable, Python 3.15.
///
/// @param <T> the type of the result
@FunctionalInterface
public interface Awaitable<T extends @Nullable Object> {

  /// Waits for the result of a future, or runs a body in the calling task. Coroutine only; suspends
  /// if it must wait.
  ///
  /// @return the result
  /// @throws Exception what the future failed with, or what the body threw
  T await() throws Exception;
}
