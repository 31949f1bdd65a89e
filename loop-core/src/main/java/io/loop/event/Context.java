package io.loop.event;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/// The values of all [ContextVar]s for one strand of work.
///
/// A task runs all its steps in one context; a callback runs in a copy of the context it was
/// scheduled in. Copying takes constant time. Not thread-safe: a context is entered by one thread
/// at a time.
///
/// It also carries what [ContextPropagator]s captured on the thread that copied it. That is what a
/// task or callback in this context begins with, and does not change while it runs.
///
/// Source: `contextvars.Context`, Python 3.15.
public final class Context {

  /*
   * `values` is immutable and shared between copies; setting a variable replaces it.
   * `entered` is true while the context is the current one of some strand.
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

  /// Makes this context carry what [ContextPropagator]s capture on the calling thread now; the
  /// variables stay. For layers that use a context again.
  public void recapture() {
    values = Propagators.captureInto(values);
  }

  /// Runs a body with this context as the current one; what it sets stays in this context.
  ///
  /// @param body what to run
  /// @throws IllegalStateException if this context is entered already
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

  /// As [#run], for work of ours that enters a coroutine, which has thread locals of its own.
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

  /// {@return what a body returns, run with this context as the current one} As [#run].
  ///
  /// @param body what to run
  /// @param <T> the type of its result
  /// @throws IllegalStateException if this context is entered already
  /// @throws Exception whatever the body throws
  public <T extends @Nullable Object> T call(Callable<T> body) throws Exception {
    CurrentContext current = CurrentContext.here();
    ContextValues outerValues = current.values();
    Context outer = current.swap(this);
    try (var _ = Propagators.restore(values.carried())) {
      return body.call();
    } finally {
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

  /// {@return whether somebody runs with this context as the current one, or has stopped inside
  /// [#run]}
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
