package io.loop.task;

import org.jspecify.annotations.Nullable;

/// A body that awaits another awaitable: a future, or a lambda that was passed to a combinator.
///
/// @param <T> the type of the result
record Awaiting<T extends @Nullable Object>(Awaitable<T> awaitable) implements DelegatingBody<T> {

  @Override
  public T run() throws Exception {
    return awaitable.await();
  }

  @Override
  public Object delegate() {
    return awaitable;
  }

  @Override
  public String toString() {
    return Repr.function(awaitable);
  }
}
