package io.loop.context;

import io.micrometer.context.ContextRegistry;
import io.micrometer.context.ContextSnapshot;
import io.micrometer.context.ContextSnapshotFactory;
import org.jspecify.annotations.Nullable;

/// Propagates the values that are registered with Micrometer's `context-propagation`.
///
/// The library is an optional dependency: without it, creating an object of this class throws a
/// [NoClassDefFoundError].
final class MicrometerPropagator implements ContextPropagator<ContextSnapshot> {

  private final ContextRegistry registry = ContextRegistry.getInstance();
  private final ContextSnapshotFactory factory =
      ContextSnapshotFactory.builder().contextRegistry(registry).clearMissing(true).build();
  private final ContextSnapshot empty = factory.captureFrom();

  @Override
  public @Nullable ContextSnapshot capture() {
    return hasNothingToCarry() ? null : factory.captureAll();
  }

  @Override
  public @Nullable Scope restore(@Nullable ContextSnapshot snapshot) {
    return hasNothingToCarry()
        ? null
        : (snapshot == null ? empty : snapshot).setThreadLocals()::close;
  }

  private boolean hasNothingToCarry() {
    return registry.getThreadLocalAccessors().isEmpty();
  }
}
