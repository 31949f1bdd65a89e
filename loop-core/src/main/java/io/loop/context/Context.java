package io.loop.context;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// The values of all [ContextVar]s for a task or a callback.
///
/// A task runs all its steps in one context; a callback runs in a copy of the context it was
/// scheduled in. Copying takes constant time. Not thread-safe: one thread at a time may enter a
/// context.
///
/// It also carries the values that [ContextPropagator]s captured on the thread that copied it. A
/// task or callback in this context starts with those values. They do not change while it runs.
///
/// Source: `contextvars.Context`, Python 3.15.
public final class Context {

  /*
   * `values` is immutable and shared between copies; setting a variable replaces it.
   * `entered` is true while the context is the current one of a thread or a coroutine.
   */

  ContextValues values;
  private boolean entered;

  Context(ContextValues values) {
    this.values = values;
  }

  /// {@return a copy of the current context}
  public static Context copyCurrent() {
    return new Context(Propagators.captureInto(CurrentContext.here().values()));
  }

  /// {@return a copy of this context}
  public Context copy() {
    return new Context(values);
  }

  /// Replaces the values of [ContextPropagator]s by those of the calling thread; the variables
  /// stay. For layers that reuse a context.
  public void recapture() {
    values = Propagators.captureInto(values);
  }

  /// Runs a body with this context as the current one. Values that the body sets stay in this
  /// context.
  ///
  /// @param body the code to run
  /// @throws IllegalStateException if this context is already entered
  public void run(Runnable body) {
    CurrentContext current = CurrentContext.here();
    ContextValues outerValues = current.values();
    Context outer = current.swap(this);
    try (var _ = Propagators.restore(values.carried())) {
      body.run();
    } finally {
      current.restore(this, outer, outerValues);
    }
  }

  /// Like [#run], for internal work that enters a coroutine, which has its own thread locals.
  void runWithoutRestoring(Runnable body) {
    CurrentContext current = CurrentContext.here();
    ContextValues outerValues = current.values();
    Context outer = current.swap(this);
    try {
      body.run();
    } finally {
      current.restore(this, outer, outerValues);
    }
  }

  /// {@return the result of a body that runs with this context as the current one} See [#run].
  ///
  /// @param body the code to run
  /// @param <T> the type of its result
  /// @throws IllegalStateException if this context is already entered
  /// @throws Exception if the body throws
  public <T extends @Nullable Object> T call(Callable<T> body) throws Exception {
    CurrentContext current = CurrentContext.here();
    ContextValues outerValues = current.values();
    Context outer = current.swap(this);
    try (var _ = Propagators.restore(values.carried())) {
      return body.call();
    } finally {
      var _ = CurrentContext.here(); // takes the turn again: the body may have blocked
      current.restore(this, outer, outerValues);
    }
  }

  /// {@return the value of a variable in this context, or null if it is not set here}
  ///
  /// @param variable the variable
  /// @param <T> the type of its values
  @SuppressWarnings("unchecked") // a variable's values are stored under that variable only
  public <T> @Nullable T get(ContextVar<T> variable) {
    return (T) values.get(variable);
  }

  /// {@return whether this is the current context of running code, or of a coroutine suspended
  /// inside [#run]}
  public boolean isEntered() {
    return entered;
  }

  void enter() {
    if (entered) {
      throw new IllegalStateException(
          "cannot enter context: it is already entered; run in a copy of it (Context.copy)");
    }
    entered = true;
  }

  void exit() {
    entered = false;
  }
}
