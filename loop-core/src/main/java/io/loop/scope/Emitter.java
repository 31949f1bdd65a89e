package io.loop.scope;

import org.jspecify.annotations.Nullable;

/// Emits a generator's values. A [Generator.Body] calls it where Python has `yield`.
///
/// @param <T> the type of the values
@FunctionalInterface
public interface Emitter<T extends @Nullable Object> {

  /// Passes a value to the consumer of the generator, and waits until the next value is requested.
  /// For the generator's own body only, not for tasks that it starts. Suspends; a cancellation
  /// point.
  ///
  /// @param value the value
  /// @throws io.loop.task.CancelledError if the generator is closed; clean up and let it propagate
  /// @throws IllegalStateException if the caller is not the body, or the generator is already
  ///   closed
  void emit(T value);
}
