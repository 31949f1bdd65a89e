package io.loop.event;

import io.loop.context.Context;
import io.loop.context.ContextPropagator;
import io.loop.context.CurrentContext;
import org.jspecify.annotations.Nullable;

/// A callback that is scheduled on a loop; returned by the scheduling methods of [Loop].
///
/// Loop thread only, except for handles of [Loop#callSoonThreadsafe], which any thread may cancel.
///
/// Subclasses are for layers that schedule work without an object per call: override [#run], and
/// call [#schedule] as often as needed, but not again before it has run.
///
/// Source: `asyncio.Handle`, Python 3.15.
public class Handle {

  /*
   * `context` is a capture: a Context if the caller named one, else the values of the scheduling
   * context. See CurrentContext for why. A cancelled handle keeps its place in the ready queue and
   * is skipped there.
   *
   * A cancelled handle that is kept holds neither the callback nor the values of the scheduling
   * context. It may be cancelled on any thread while the loop skips it, or while someone describes
   * it. The reader may then see the old or the new values, because nothing runs. So `callback` is
   * read once wherever it is used.
   */

  /// In debug mode: the callback, and where it was scheduled. Not a field of the handle, because
  /// there are many handles.
  private record Traced(@Nullable Callback callback, Origin origin) implements Callback {
    @Override
    public void run() throws Exception {
      if (callback != null) {
        callback.run();
      }
    }

    Traced dropped() {
      return callback == null ? this : new Traced(new Dropped(callback.toString()), origin);
    }
  }

  /// In debug mode a cancelled handle still says what it was for.
  private record Dropped(String text) implements Callback {
    @Override
    public void run() {}

    @Override
    public String toString() {
      return text;
    }
  }

  final Loop loop;
  private Object context;
  private @Nullable Callback callback;
  private boolean cancelled;
  private final boolean needsHost;

  Handle(Loop loop, Callback callback, @Nullable Context context) {
    this(loop, callback, context, !(callback instanceof OwnCallback));
  }

  private Handle(
      Loop loop, @Nullable Callback callback, @Nullable Context context, boolean needsHost) {
    this.loop = loop;
    this.callback = loop.isDebug() ? new Traced(callback, Origin.here()) : callback;
    this.needsHost = needsHost;
    // a handle that runs none of the program's code needs no values of other libraries
    this.context = context != null ? context : loop.contextHere().capture(needsHost);
  }

  /// Creates a handle that runs its subclass's [#run].
  ///
  /// @param loop the loop to run on
  /// @param context the context to run in; null for a copy of the current one
  /// @param needsHost whether it runs the program's code, or may block; if not, it is treated as an
  ///   [OwnCallback]
  protected Handle(Loop loop, @Nullable Context context, boolean needsHost) {
    this(loop, null, context, needsHost);
  }

  /// Appends this handle to its loop's ready queue. Never suspends.
  ///
  /// @throws IllegalStateException if the loop is closed
  protected final void schedule() {
    loop.append(this);
  }

  /// {@return whether this running handle may continue as if it had been scheduled again and its
  /// next tick had come} That is so if nothing else would run in that tick, and no poll is due yet.
  ///
  /// If this returns true, it counts as that tick.
  protected final boolean skipTick() {
    return loop.turn().skipTick(this);
  }

  /// Does the work; called once per scheduling, in this handle's context.
  ///
  /// @throws Exception if the callback throws
  protected void run() throws Exception {
    Callback seen = callback;
    if (seen != null) {
      seen.run();
    }
  }

  /// Notifies the callback, if it is a [Droppable], that the loop is closing and this will not run.
  /// Loop thread only.
  void drop() {
    if (!cancelled && target(callback) instanceof Droppable droppable) {
      droppable.dropped();
    }
  }

  /// Cancels the callback: it will not run. Does nothing if it has run or was cancelled.
  public void cancel() {
    loop.checkTurn();
    cancelHere();
  }

  /// Cancels like [#cancel], without checking the caller.
  final void cancelHere() {
    cancelled = true;
    Callback seen = callback;
    callback = seen instanceof Traced traced ? traced.dropped() : null;
    context = CurrentContext.letGo(context);
  }

  /// {@return whether this handle was cancelled} Any thread, but the answer may be out of date.
  public boolean isCancelled() {
    return cancelled;
  }

  /// Releases the context: this will not be scheduled again.
  protected final void dropContext() {
    context = CurrentContext.nothing();
  }

  /// {@return the context that the callback runs in; asyncio's `Handle.get_context`} Any thread.
  /// After [#cancel] it has no values, unless the context was passed to the scheduling method.
  public final Context getContext() {
    return CurrentContext.contextOf(context);
  }

  /// {@return the context that is current, or null if it is this handle's own} For work that is
  /// suspended inside [Context#run].
  protected final @Nullable Context innerContext() {
    return loop.currentContext().inside(context);
  }

  /// Makes a context that [#innerContext] returned the current one again.
  ///
  /// @param inner the context
  protected final void goInside(Context inner) {
    loop.currentContext().goInside(inner);
  }

  /// Runs something in this handle's context, on a thread that keeps its thread locals: for a first
  /// step inside the call that creates a task. The context must be a [Context] that the caller
  /// passed.
  ///
  /// @param step the code to run
  protected final void runInContext(Runnable step) {
    CurrentContext.runKeepingThreadLocals((Context) context, step);
  }

  /// Restores the values of other libraries that this handle's context carries on the calling
  /// thread. For work that runs on its own thread.
  ///
  /// @return a scope that restores the previous values; null if there is nothing to restore
  protected final ContextPropagator.@Nullable Scope restoreCarried() {
    return CurrentContext.restoreCarried(context);
  }

  /// {@return whether it runs on the loop's host and not on its thread} See [OwnCallback].
  final boolean needsHost() {
    return needsHost;
  }

  Object rawContext() {
    return context;
  }

  /// {@return where this was scheduled, in debug mode}
  final @Nullable Origin origin() {
    return originOf(callback);
  }

  private static @Nullable Origin originOf(@Nullable Callback seen) {
    return seen instanceof Traced traced ? traced.origin() : null;
  }

  private static @Nullable Callback target(@Nullable Callback seen) {
    return seen instanceof Traced traced ? traced.callback() : seen;
  }

  /// {@return the text for this handle in reports}
  protected String describe() {
    return textOf(target(callback));
  }

  private String textOf(@Nullable Callback seen) {
    return seen == null ? getClass().getSimpleName() : seen.toString();
  }

  @Override
  public String toString() {
    Callback raw = callback;
    Callback seen = target(raw);
    Origin origin = originOf(raw);
    boolean wasCancelled = isCancelled();
    String text = seen != null ? seen.toString() : wasCancelled ? "" : describe();
    return "<"
        + getClass().getSimpleName()
        + (wasCancelled ? " cancelled" : "")
        + (text.isEmpty() ? "" : " " + text)
        + (origin == null ? "" : " created at " + origin.shortText())
        + ">";
  }
}
