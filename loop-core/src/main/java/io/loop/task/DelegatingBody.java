package io.loop.task;

import org.jspecify.annotations.Nullable;

/// A body that only delegates to another function, whose name it takes in descriptions. A building
/// block for scopes, which programs use instead.
///
/// @param <T> the type of the result
public interface DelegatingBody<T extends @Nullable Object> extends Coro<T> {

  /// {@return the function that it delegates to} Any thread.
  Object delegate();

  /// {@return the name of a function in descriptions: its own text, or for a lambda the name of the
  /// enclosing class} Any thread.
  ///
  /// @param function the function
  static String nameOf(Object function) {
    return Repr.function(function);
  }
}
