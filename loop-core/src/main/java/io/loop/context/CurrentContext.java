package io.loop.context;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Holds the current context: one per loop, and one per thread without a loop. Between turns, the
/// host of an attached loop is a thread without a loop.
///
/// For the layer that runs callbacks and coroutines; programs do not need it. One thread at a time
/// may use it, except for the static methods, which are for any thread.
public final class CurrentContext {

  /*
   * A callback that is scheduled without a context runs in a copy of the scheduling one. Most
   * callbacks never use it, so the copy is made lazily: the handle carries the immutable values,
   * and a Context object is created only when its identity is needed.
   *
   *   context == null: `snapshot` holds the values      context != null: context.values does
   *
   * A capture is what a handle carries: a Context, or ContextValues. Other packages pass it on as an
   * object.
   *
   * Contexts know nothing of loops. `finder`, which the layer of loops sets, finds the holder of the
   * loop that the caller runs on.
   */

  /// The context that was put aside while a handle blocks.
  public static final class Left {
    private final @Nullable Context context;
    private final ContextValues snapshot;

    private Left(@Nullable Context context, ContextValues snapshot) {
      this.context = context;
      this.snapshot = snapshot;
    }
  }

  private static final ThreadLocal<CurrentContext> OFF_LOOP =
      ThreadLocal.withInitial(CurrentContext::new);

  private static volatile Supplier<@Nullable CurrentContext> finder = () -> null;

  private @Nullable Context context;
  private ContextValues snapshot = ContextValues.EMPTY;

  /// Creates a holder whose current context is empty.
  public CurrentContext() {}

  /// Sets what finds the holder of the calling thread.
  ///
  /// @param finder returns null if the caller is not on a loop
  public static void findWith(Supplier<@Nullable CurrentContext> finder) {
    CurrentContext.finder = finder;
  }

  /// {@return the holder of the calling thread}
  public static CurrentContext here() {
    CurrentContext onLoop = finder.get();
    return onLoop != null ? onLoop : OFF_LOOP.get();
  }

  /// {@return a capture of the current context, for something that is scheduled here}
  ///
  /// @param withThreadLocals whether it carries the values of [ContextPropagator]s
  public Object capture(boolean withThreadLocals) {
    ContextValues values = values();
    return withThreadLocals ? Propagators.captureInto(values) : values;
  }

  /// {@return a capture without values}
  public static Object nothing() {
    return ContextValues.EMPTY;
  }

  /// {@return a capture that keeps no values alive: a context that was named, or [#nothing]}
  ///
  /// @param capture a capture
  public static Object letGo(Object capture) {
    return capture instanceof Context named ? named : nothing();
  }

  /// {@return the context that was named, or a new one with the captured values}
  ///
  /// @param capture a capture
  public static Context contextOf(Object capture) {
    return capture instanceof Context named ? named : new Context((ContextValues) capture);
  }

  /// {@return whether this JVM has [ContextPropagator]s}
  public static boolean hasPropagators() {
    return Propagators.active() != null;
  }

  /// Restores the values of other libraries that a capture carries on the calling thread.
  ///
  /// @param capture a capture
  /// @return a scope that restores the previous values; null if there is nothing to restore
  public static ContextPropagator.@Nullable Scope restoreCarried(Object capture) {
    ContextValues values =
        capture instanceof Context named ? named.values : (ContextValues) capture;
    return Propagators.restore(values.carried());
  }

  /// Runs something in a context, as [Context#run] does, on a thread that keeps its thread locals.
  ///
  /// @param context the context
  /// @param body the code to run
  public static void runKeepingThreadLocals(Context context, Runnable body) {
    context.runWithoutRestoring(body);
  }

  ContextValues values() {
    return context != null ? context.values : snapshot;
  }

  Context context() {
    if (context == null) {
      context = new Context(snapshot);
      context.enter();
    }
    return context;
  }

  /// Makes a context current; the caller must restore the returned one.
  @Nullable Context swap(Context entering) {
    entering.enter();
    Context outer = context;
    context = entering;
    return outer;
  }

  void restore(Context leaving, @Nullable Context outer, ContextValues outerValues) {
    leaving.exit();
    context = outer;
    snapshot = outerValues;
  }

  /// Makes the context of a handle current, and drops that of the previous handle.
  ///
  /// @param capture the capture that the handle carries
  /// @throws IllegalStateException if it is a context that is already entered
  public void become(Object capture) {
    if (capture instanceof Context named) {
      named.enter();
      context = named;
    } else {
      context = null;
      snapshot = (ContextValues) capture;
    }
  }

  /// Ends what [#become] began. The current context may be a different one now: a coroutine that
  /// suspends inside [Context#run] stays in that one.
  ///
  /// @param capture the capture that the handle carries
  /// @return the context of the handle, if it was created
  public @Nullable Context end(Object capture) {
    Context entered = capture instanceof Context named ? named : context;
    if (entered != null) {
      entered.exit();
    }
    context = null;
    snapshot = ContextValues.EMPTY;
    return entered;
  }

  /// Puts the current context aside, so that other work can run.
  ///
  /// @return what was put aside, for [#comeBack]
  public Left leave() {
    var left = new Left(context, snapshot);
    if (context != null) {
      context.exit();
    }
    context = null;
    snapshot = ContextValues.EMPTY;
    return left;
  }

  /// Restores the context that [#leave] put aside.
  ///
  /// @param left what was put aside
  public void comeBack(Left left) {
    context = left.context;
    snapshot = left.snapshot;
    if (context != null) {
      context.enter();
    }
  }

  /// {@return the context inside which a coroutine with another context is suspended, or null}
  ///
  /// @param outer the capture that the coroutine's handle carries
  public @Nullable Context inside(Object outer) {
    return context == outer ? null : context;
  }

  /// Makes the context that [#inside] returned current again, for a coroutine that resumes.
  ///
  /// @param inner the context
  public void goInside(Context inner) {
    context = inner;
  }
}
