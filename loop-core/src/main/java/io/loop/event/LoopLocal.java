package io.loop.event;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A value for each loop, created on first use.
///
/// It is to loops what `ThreadLocal` is to threads. When the loop closes, its [AutoCloseable]
/// values are closed in reverse order of creation: after the loop's tasks have been unwound, and
/// before the poller is closed. Loop thread only, except [#peek]. Keep the key in a `static final`
/// field.
///
/// @param <T> the type of the values
public final class LoopLocal<T> {

  private static final AtomicInteger NEXT_INDEX = new AtomicInteger();

  private final int index = NEXT_INDEX.getAndIncrement();
  private final Function<? super Loop, ? extends T> initial;

  private LoopLocal(Function<? super Loop, ? extends T> initial) {
    this.initial = initial;
  }

  /// {@return a new key}
  ///
  /// @param initial creates a loop's value
  /// @param <T> the type of the values
  public static <T> LoopLocal<T> withInitial(Function<? super Loop, ? extends T> initial) {
    return new LoopLocal<>(initial);
  }

  /// Sets the loop's value. It counts as created now; the value that it replaces is not closed.
  ///
  /// @param loop the loop
  /// @param value the new value
  public void set(Loop loop, T value) {
    loop.locals().set(index, value);
  }

  /// {@return the loop's value, created by the first call}
  ///
  /// @param loop the loop
  @SuppressWarnings("unchecked") // this key alone writes at its index
  public T get(Loop loop) {
    Object value = loop.locals().get(index);
    if (value == null) {
      value = initial.apply(loop);
      loop.locals().set(index, value);
    }
    return (T) value;
  }

  /// {@return the loop's value, or null if it was not created yet} Any thread.
  ///
  /// @param loop the loop
  @SuppressWarnings("unchecked") // this key alone writes at its index
  public @Nullable T peek(Loop loop) {
    return (T) loop.locals().published(index);
  }
}
