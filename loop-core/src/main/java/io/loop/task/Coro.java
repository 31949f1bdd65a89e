package io.loop.task;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The body of a coroutine that has a result: ordinary code that may await.
///
/// A body is started by a task or called by another body. What it throws is the task's outcome, the
/// very object.
///
/// Source: a coroutine function, Python 3.15.
///
/// @param <T> the type of the result
@FunctionalInterface
public interface Coro<T extends @Nullable Object> extends Awaitable<T> {

  /// Runs the body. Suspends wherever it awaits.
  ///
  /// @return the result
  /// @throws Exception whatever the body lets out
  T run() throws Exception;

  /// Runs the body in place, in the calling task, and returns its result. Suspends wherever the
  /// body awaits.
  ///
  /// Throws what the body threw, the very object, undeclared (decision D7).
  ///
  /// Source: `await coro()`.
  ///
  /// @return the result
  @Override
  @SuppressWarnings("FunctionalInterfaceMethodChanged") // it is run() without the throws clause
  default T await() {
    try {
      return run();
    } catch (Exception fault) {
      throw Throwing.rethrow(fault);
    }
  }

  /// The body of a coroutine without a result.
  @FunctionalInterface
  interface Action {

    /// Runs the body. Suspends wherever it awaits.
    ///
    /// @throws Exception whatever the body lets out
    void run() throws Exception;
  }

  /// {@return an awaitable as a body: itself if it is one, else a body that awaits it} For what
  /// takes bodies only: `createTask(Coro.from(future))`.
  ///
  /// @param awaitable what to await
  /// @param <T> the type of the result
  static <T extends @Nullable Object> Coro<T> from(Awaitable<T> awaitable) {
    Objects.requireNonNull(awaitable, "awaitable");
    return awaitable instanceof Coro<T> body ? body : new Awaiting<>(awaitable);
  }

  /// {@return a body that runs an action; its result is null}
  ///
  /// @param action what to run
  static Coro<@Nullable Void> of(Action action) {
    Objects.requireNonNull(action, "action");
    record Running(Action action) implements Coro<@Nullable Void>, Repr.Wrapper {
      @Override
      public @Nullable Void run() throws Exception {
        action.run();
        return null;
      }

      @Override
      public Object wrapped() {
        return action;
      }

      @Override
      public String toString() {
        return Repr.function(action);
      }
    }
    return new Running(action);
  }
}
