package io.loop.task;

import org.jspecify.annotations.Nullable;

/// The body that awaits what is no body itself: a future, or a lambda that a combinator was given.
///
/// @param <T> the type of the result
record Awaiting<T extends @Nullable Object>(Awaitable<T> awaitable)
    implements Coro<T>, Repr.Wrapper {

  /// {@return what an awaitable ends with, in the calling task} Throws what it threw, the very
  /// object, undeclared.
  static <T extends @Nullable Object> T await(Awaitable<? extends T> awaitable) {
    try {
      return awaitable.await();
    } catch (Exception fault) {
      throw Throwing.rethrow(fault);
    }
  }

  @Override
  public T run() throws Exception {
    return awaitable.await();
  }

  @Override
  public Object wrapped() {
    return awaitable;
  }

  @Override
  public String toString() {
    return Repr.function(awaitable);
  }
}
