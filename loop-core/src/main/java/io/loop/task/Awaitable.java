package io.loop.task;

import org.jspecify.annotations.Nullable;

/// Something that can be awaited: a future, a task, or the body of a coroutine.
///
/// A function that takes an awaitable waits for it if it is a future, and runs it, usually as a new
/// task, if it is a body. A lambda is a body.
///
/// Source: an awaitable, Python 3.15.
///
/// @param <T> the type of the result
@FunctionalInterface
public interface Awaitable<T extends @Nullable Object> {

  /// Waits for the result of a future, or runs a body in the calling task. Coroutine only; suspends
  /// if it has to wait.
  ///
  /// @return the result
  /// @throws Exception the exception that the future failed with or that the body threw
  T await() throws Exception;
}
