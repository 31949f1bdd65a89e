package io.loop.event;

import org.jspecify.annotations.Nullable;

/// A callback that is scheduled on a loop; what the scheduling methods of [Loop] return.
///
/// Loop thread only, but for the handles of [Loop#callSoonThreadsafe], which any thread may cancel.
///
/// Subclassing is for layers that schedule work without an object per call: override [#run], and
/// call [#schedule] as often as needed, but not again before it has run.
///
/// Source: `asyncio.Handle`, Python 3.15.
public class Handle {

  /*
   * `context` is a Context if the caller named one, else the ContextValues of the scheduling
   * context: see CurrentContext for why. A cancelled handle keeps its place in the ready queue and
   * is passed over there.
   *
   * A cancelled handle that is kept holds neither the callback nor the values of the scheduling
   * context. It may be cancelled on any thread while the loop passes it over: either values will do,
   * since nothing runs.
   */

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
  private final @Nullable Origin origin;

  Handle(Loop loop, Callback callback, @Nullable Context context) {
    this(loop, callback, context, !(callback instanceof OwnCallback));
  }

  private Handle(
      Loop loop, @Nullable Callback callback, @Nullable Context context, boolean needsHost) {
    this.loop = loop;
    this.callback = callback;
    this.needsHost = needsHost;
    this.context = context != null ? context : valuesHere(loop, needsHost);
    this.origin = loop.isDebug() ? Origin.here() : null;
  }

  /// Makes a handle that does what its subclass's [#run] says.
  ///
  /// @param loop the loop to run on
  /// @param context the context to run in; null for a copy of the current one
  /// @param needsHost whether it runs the program's code, or may block; else as [OwnCallback]
  protected Handle(Loop loop, @Nullable Context context, boolean needsHost) {
    this(loop, null, context, needsHost);
  }

  /// What runs none of the program's code needs no values of other libraries.
  private static ContextValues valuesHere(Loop loop, boolean needsHost) {
    ContextValues values = loop.contextHere().values();
    return needsHost ? Propagators.captureInto(values) : values;
  }

  /// Appends this handle to its loop's ready queue, behind all that is there. Never suspends.
  ///
  /// @throws IllegalStateException if the loop is closed
  protected final void schedule() {
    loop.append(this);
  }

  /// {@return whether this handle, which runs now, may go on as if it had been scheduled again and
  /// its next tick had come: nothing else would run in that tick, and it is not time yet to look at
  /// the clock or the outside world}
  ///
  /// True stands for that tick.
  protected final boolean skipTick() {
    return loop.turn().skipTick(this);
  }

  /// Does the work; called once per scheduling, in this handle's context.
  ///
  /// @throws Exception whatever the callback lets out
  protected void run() throws Exception {
    if (callback != null) {
      callback.run();
    }
  }

  /// The loop is closing and this will not run; tells the callback, if it wants to know. Loop
  /// thread only.
  void drop() {
    if (!cancelled && callback instanceof Droppable droppable) {
      droppable.dropped();
    }
  }

  /// Cancels the callback: it will not run. Does nothing if it has run or was cancelled.
  public void cancel() {
    loop.checkTurn();
    cancelHere();
  }

  /// As [#cancel], by a caller that may.
  final void cancelHere() {
    cancelled = true;
    callback = origin == null || callback == null ? null : new Dropped(describe());
    if (context instanceof ContextValues) {
      context = ContextValues.EMPTY;
    }
  }

  /// {@return whether this handle was cancelled} Any thread, but the answer may be old.
  public boolean isCancelled() {
    return cancelled;
  }

  /// Lets go of the context, whatever it is: this will not be scheduled again.
  protected final void dropContext() {
    context = ContextValues.EMPTY;
  }

  /// {@return the context the callback runs in; `Handle.get_context` of asyncio} Any thread. After
  /// [#cancel] it is without values, unless the caller of the scheduling method had named it.
  public final Context getContext() {
    return contextOf(context);
  }

  static Context contextOf(Object raw) {
    return raw instanceof Context explicit ? explicit : new Context((ContextValues) raw);
  }

  /// {@return the context that is current, or null if it is this handle's own} For work that stops
  /// in the middle, inside [Context#run].
  protected final @Nullable Context innerContext() {
    return loop.currentContext().inside(context);
  }

  /// Makes a context that [#innerContext] returned current again.
  ///
  /// @param inner the context
  protected final void goInside(Context inner) {
    loop.currentContext().goInside(inner);
  }

  /// Runs something in this handle's context, on a thread that keeps its thread locals: for a first
  /// step inside the call that makes a task. The context must be a [Context] that the caller named.
  ///
  /// @param step what to run
  protected final void runInContext(Runnable step) {
    ((Context) context).runWithoutRestoring(step);
  }

  /// Makes what this handle's context carries of other libraries' values the calling thread's. For
  /// work that runs on a thread of its own.
  ///
  /// @return puts back what was there before; null if there is nothing to put back
  protected final ContextPropagator.@Nullable Scope restoreCarried() {
    return Propagators.restore(valuesOf(context).carried());
  }

  static ContextValues valuesOf(Object raw) {
    return raw instanceof Context explicit ? explicit.values : (ContextValues) raw;
  }

  /// {@return whether it runs on the loop's host and not on its thread} As [OwnCallback].
  final boolean needsHost() {
    return needsHost;
  }

  Object rawContext() {
    return context;
  }

  /// {@return where this was scheduled, in debug mode}
  final @Nullable Origin origin() {
    return origin;
  }

  /// {@return what a report about this handle calls it}
  protected String describe() {
    return callback == null ? getClass().getSimpleName() : callback.toString();
  }

  @Override
  public String toString() {
    return "<"
        + getClass().getSimpleName()
        + (isCancelled() ? " cancelled" : "")
        + (isCancelled() && callback == null ? "" : " " + describe())
        + (origin == null ? "" : " created at " + origin.shortText())
        + ">";
  }
}
