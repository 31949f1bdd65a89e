package io.loop.scope;

import org.jspecify.annotations.Nullable;

/// Hands a generator's values over: what a [Generator.Body] calls where Python has `yield`.
///
/// @param <T> the type of the values
@FunctionalInterface
public interface Emitter<T extends @Nullable Object> {

  /// Hands a value to the loop over the generator, and waits until the next one is asked for. The
  /// generator's own body only, not tasks that it starts. Suspends; a cancellation point.
  ///
  /// @param value the value
  /// @throws io.loop.task.CancelledError if the generator is closed; clean up and let it pass
  /// @throws IllegalStateException if the caller is not the body, or the generator is closed
  ///   already
  void emit(T value);
}
