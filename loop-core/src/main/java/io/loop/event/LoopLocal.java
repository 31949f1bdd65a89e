package io.loop.event;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A value that every loop has one of, made when it is first asked for.
///
/// What `ThreadLocal` is to threads. A value that is [AutoCloseable] is closed when its loop
/// closes, before the poller is. Loop thread only, but for [#peek]; keep the key in a `static
/// final` field.
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
  /// @param initial makes a loop's value
  /// @param <T> the type of the values
  public static <T> LoopLocal<T> withInitial(Function<? super Loop, ? extends T> initial) {
    return new LoopLocal<>(initial);
  }

  /// Sets the loop's value.
  ///
  /// @param loop the loop
  /// @param value its value from now on
  public void set(Loop loop, T value) {
    loop.locals().set(index, value);
  }

  /// {@return the loop's value, made now if this is the first call for it}
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

  /// {@return the loop's value, or null if nobody has asked for it yet} Any thread; makes nothing.
  ///
  /// @param loop the loop
  @SuppressWarnings("unchecked") // this key alone writes at its index
  public @Nullable T peek(Loop loop) {
    return (T) loop.locals().published(index);
  }
}
