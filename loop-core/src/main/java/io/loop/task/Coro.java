package io.loop.task;

import io.loop.base.Throwing;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The body of a coroutine with a result: ordinary code that may await.
///
/// A body is run by a task or called by another body. An exception that it throws becomes the
/// task's outcome, as the same object.
///
/// Source: a coroutine function, Python 3.15.
///
/// @param <T> the type of the result
@FunctionalInterface
public interface Coro<T extends @Nullable Object> extends Awaitable<T> {

  /// Runs the body. Suspends wherever it awaits.
  ///
  /// @return the result
  /// @throws Exception whatever the body throws
  T run() throws Exception;

  /// Runs the body in place, in the calling task, and returns its result. Suspends wherever the
  /// body awaits.
  ///
  /// Throws whatever the body threw: the same object, undeclared (decision D7).
  ///
  /// Source: `await coro()`.
  ///
  /// @return the result
  @Override
  @SuppressWarnings("FunctionalInterfaceMethodChanged") // run() without the throws clause
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
    /// @throws Exception whatever the body throws
    void run() throws Exception;
  }

  /// {@return a body that awaits an awaitable; the awaitable itself if it is a body} For methods
  /// that accept only bodies: `createTask(Coro.from(future))`.
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
    record Running(Action action) implements DelegatingBody<@Nullable Void> {
      @Override
      public @Nullable Void run() throws Exception {
        action.run();
        return null;
      }

      @Override
      public Object delegate() {
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
