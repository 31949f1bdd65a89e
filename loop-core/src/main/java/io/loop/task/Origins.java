package io.loop.task;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.event.Origin;
import java.util.Collections;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/// Records where a loop's futures and tasks were created while debug mode is on.
///
/// A separate table, so that futures need no extra field when debug mode is off.
final class Origins {

  private static final LoopLocal<Origins> KEY = LoopLocal.withInitial(_ -> new Origins());

  private final Map<LoopFuture<?>, Origin> origins =
      Collections.synchronizedMap(new WeakHashMap<>()); // may be filled before the loop runs

  private Origins() {}

  static Origins of(Loop loop) {
    return KEY.get(loop);
  }

  void add(LoopFuture<?> future) {
    origins.put(future, Origin.here());
  }

  /// {@return where a future was created, if that was in debug mode}
  static @Nullable Origin find(LoopFuture<?> future) {
    return of(future.loop).origins.get(future);
  }
}
