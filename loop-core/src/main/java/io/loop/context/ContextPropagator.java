package io.loop.context;

import org.jspecify.annotations.Nullable;

/// Propagates values that another library keeps in thread locals to the work on a loop: the current
/// span, a logger's MDC, gRPC's `Context`.
///
/// They are inherited like a [ContextVar]. A task, a callback, a job of `toThread` or a body
/// submitted from another thread gets the values that the scheduling thread has at that moment. A
/// task keeps its own thread locals from step to step: changes there stay in the task, and are
/// inherited by what it schedules afterwards. A [Context] carries the values of the thread that
/// copied it.
///
/// [java.util.ServiceLoader] finds propagators when the first loop is created; [#register] adds
/// others. They serve all loops of the JVM. A propagator for Micrometer's `context-propagation`,
/// version 1.1 or later, is included, and used if that library is present.
///
/// Methods are called on any thread, also concurrently, and often: for each task and callback. They
/// must not block or suspend. If one throws, the failure is logged, at error level the first time,
/// and the work continues without the propagator's values.
///
/// @param <S> the type of the snapshots
public interface ContextPropagator<S> {

  /// Restores the previous values; called on the thread that called [#restore].
  @FunctionalInterface
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /// {@return the calling thread's values, or null if it has none} The snapshot must not change
  /// afterwards. It may be restored several times, on any threads.
  @Nullable S capture();

  /// Replaces the calling thread's values by captured ones.
  ///
  /// @param snapshot the result of [#capture]; null to clear the values
  /// @return puts back what was there before; null if there is nothing to put back
  @Nullable Scope restore(@Nullable S snapshot);

  /// Registers a propagator for all loops of this JVM. Any thread. Work that was scheduled before
  /// does not carry its values.
  ///
  /// @param propagator the propagator
  /// @return a scope whose `close` removes it
  static Scope register(ContextPropagator<?> propagator) {
    return Propagators.add(propagator);
  }
}
