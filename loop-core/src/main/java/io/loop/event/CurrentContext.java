package io.loop.event;

import org.jspecify.annotations.Nullable;

/// Where a strand's current context is kept: one per loop, and one per thread without a loop. The
/// host of an attached loop is a thread without a loop between turns.
final class CurrentContext {

  /*
   * A callback scheduled without a context of its own runs in a copy of the scheduling one. Most
   * callbacks never look, so the copy is made late: the handle carries the immutable values, and a
   * Context object comes to life only when somebody needs its identity.
   *
   *   context == null: `snapshot` holds the values      context != null: context.values does
   */

  private static final ThreadLocal<CurrentContext> OFF_LOOP =
      ThreadLocal.withInitial(CurrentContext::new);

  private @Nullable Context context;
  private ContextValues snapshot = ContextValues.EMPTY;

  static CurrentContext here() {
    Loop loop = Loop.runningOrNull();
    return loop != null && !loop.isBetweenTurnsHere() ? loop.currentContext() : OFF_LOOP.get();
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

  /// Makes a context current; the caller restores what it got.
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

  /// Makes the context of a handle current, dropping whatever the handle before it left.
  void become(Object handleContext) {
    if (handleContext instanceof Context explicit) {
      explicit.enter();
      context = explicit;
    } else {
      context = null;
      snapshot = (ContextValues) handleContext;
    }
  }

  /// Ends what [#become] began. The current context may be another by now: a coroutine that stops
  /// inside [Context#run] stays in that one.
  ///
  /// @return the context that began, if it came to life
  @Nullable Context end(Object handleContext) {
    Context entered = handleContext instanceof Context explicit ? explicit : context;
    if (entered != null) {
      entered.exit();
    }
    context = null;
    snapshot = ContextValues.EMPTY;
    return entered;
  }

  /// What a strand that blocks in the middle leaves, and takes up again afterwards.
  record Left(@Nullable Context context, ContextValues snapshot) {}

  /// Puts the current context aside, for others to run meanwhile.
  Left leave() {
    var left = new Left(context, snapshot);
    if (context != null) {
      context.exit();
    }
    context = null;
    snapshot = ContextValues.EMPTY;
    return left;
  }

  /// Takes up what [#leave] put aside.
  void comeBack(Left left) {
    context = left.context();
    snapshot = left.snapshot();
    if (context != null) {
      context.enter();
    }
  }

  /// {@return the context inside which a coroutine of another one has stopped, or null}
  @Nullable Context inside(Object outer) {
    return context == outer ? null : context;
  }

  /// Lets a coroutine go on inside the context that [#inside] returned.
  void goInside(Context inner) {
    context = inner;
  }
}
