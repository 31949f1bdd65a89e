package io.loop.testing;

import io.loop.context.ContextPropagator;
import org.jspecify.annotations.Nullable;

/// A library that keeps a name in a thread local, and its propagator.
public final class CarriedName implements ContextPropagator<String> {

  private final ThreadLocal<@Nullable String> name = new ThreadLocal<>();

  /// {@return the calling thread's name}
  public @Nullable String get() {
    return name.get();
  }

  /// Changes the calling thread's name.
  public void set(@Nullable String value) {
    if (value == null) {
      name.remove();
    } else {
      name.set(value);
    }
  }

  @Override
  public @Nullable String capture() {
    return get();
  }

  @Override
  public Scope restore(@Nullable String snapshot) {
    String before = get();
    set(snapshot);
    return () -> set(before);
  }
}
