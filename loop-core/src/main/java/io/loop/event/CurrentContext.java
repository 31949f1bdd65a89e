package io.loop.event;

import org.jspecify.annotations.Nullable;

/// Holds the current context: one per loop, and one per thread without a loop. Between turns, the
/// host of an attached loop is a thread without a loop.
final class CurrentContext {

  /*
   * A callback that is scheduled without a context runs in a copy of the scheduling one. Most
   * callbacks never use it, so the copy is made lazily: the handle carries the immutable values,
   * and a Context object is created only when its identity is needed.
   *
   *   context == null: `snapshot` holds the values      context != null: context.values does
   */

  private static final ThreadLocal<CurrentContext> OFF_LOOP =
      ThreadLocal.withInitial(CurrentContext::new);

  private @Nullable Context context;
  private ContextValues snapshot = ContextValues.EMPTY;

  static CurrentContext here() {
    Loop loop = Loop.runningOrNull();
    return loop != null && !loop.presence().isBetweenTurnsHere()
        ? loop.currentContext()
        : OFF_LOOP.get();
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
  void become(Object handleContext) {
    if (handleContext instanceof Context explicit) {
      explicit.enter();
      context = explicit;
    } else {
      context = null;
      snapshot = (ContextValues) handleContext;
    }
  }

  /// Ends what [#become] began. The current context may be a different one now: a coroutine that
  /// suspends inside [Context#run] stays in that one.
  ///
  /// @return the context of the handle, if it was created
  @Nullable Context end(Object handleContext) {
    Context entered = handleContext instanceof Context explicit ? explicit : context;
    if (entered != null) {
      entered.exit();
    }
    context = null;
    snapshot = ContextValues.EMPTY;
    return entered;
  }

  /// The context that is put aside while a handle blocks, and restored afterwards.
  record Left(@Nullable Context context, ContextValues snapshot) {}

  /// Puts the current context aside, so that other work can run.
  Left leave() {
    var left = new Left(context, snapshot);
    if (context != null) {
      context.exit();
    }
    context = null;
    snapshot = ContextValues.EMPTY;
    return left;
  }

  /// Restores the context that [#leave] put aside.
  void comeBack(Left left) {
    context = left.context();
    snapshot = left.snapshot();
    if (context != null) {
      context.enter();
    }
  }

  /// {@return the context inside which a coroutine with another context is suspended, or null}
  @Nullable Context inside(Object outer) {
    return context == outer ? null : context;
  }

  /// Makes the context that [#inside] returned current again, for a coroutine that resumes.
  void goInside(Context inner) {
    context = inner;
  }
}
