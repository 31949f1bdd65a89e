package io.loop.event;

import org.jspecify.annotations.Nullable;

/// Lets values that another library keeps in thread locals follow the work on a loop: the current
/// span, the MDC of a logger, gRPC's `Context`.
///
/// They are inherited as a [ContextVar] is. What is scheduled gets the values that the scheduling
/// thread has at that moment: a task, a callback, a job of `toThread`, a body submitted from
/// another thread. The body of a task has thread locals of its own from one step to the next; what
/// it changes there stays its own, and goes to what it starts from then on. A [Context] carries the
/// values of the thread that copied it.
///
/// Propagators are found by [java.util.ServiceLoader] when the first loop is made, or registered
/// with [#register]; they serve all loops of the JVM. There is a ready one for Micrometer's
/// `context-propagation`, from version 1.1 on, which is used if that library is on the path.
///
/// Methods are called on any thread, also several at once, and often: for each task and callback.
/// They must not block or suspend. If one throws, that is logged, at error level the first time,
/// and the work goes on without the propagator's values.
///
/// @param <S> the type of the snapshots
public interface ContextPropagator<S> {

  /// Puts back what was there before; called on the thread that called [#restore].
  @FunctionalInterface
  interface Scope extends AutoCloseable {
    @Override
    void close();
  }

  /// {@return the calling thread's values, or null if it has none} The snapshot does not change any
  /// more, and may be restored several times, on any threads.
  @Nullable S capture();

  /// Makes captured values those of the calling thread, in place of all that it has.
  ///
  /// @param snapshot what [#capture] returned; null to clear the values
  /// @return puts back what was there before; null if there is nothing to put back
  @Nullable Scope restore(@Nullable S snapshot);

  /// Registers a propagator for all loops of this JVM. Any thread. What was scheduled before does
  /// not carry its values.
  ///
  /// @param propagator the propagator
  /// @return takes it out again
  static Scope register(ContextPropagator<?> propagator) {
    return Propagators.add(propagator);
  }
}
