package io.loop.task;

import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A scope that owns tasks: it ends when they have all ended.
///
/// If one fails, the others and the body are cancelled, and the scope throws an [ExceptionGroup].
/// Loop thread and coroutines of the loop only.
///
/// Source: `asyncio.TaskGroup`, Python 3.15. Children are cancelled in the order they were made.
public final class TaskGroup {

  /*
   *   created --with--> entered --body ends--> exiting --last child ends--> finished
   *
   * `aborting` is set once, by the first failure, by a cancellation of the parent, or by cancel():
   * all children have then been cancelled, and new ones are refused.
   *
   * `parentCancelRequested` says that one of the parent's cancellation requests is ours. The exit
   * takes exactly that one back: what is left belongs to others and must go on.
   */

  /// What runs in a group.
  ///
  /// @param <T> the type of the result
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body.
    ///
    /// @param group the group to make tasks in
    /// @return the result
    /// @throws Exception whatever the body lets out
    T run(TaskGroup group) throws Exception;
  }

  /// What runs in a group and has no result.
  @FunctionalInterface
  public interface Action {

    /// Runs the body.
    ///
    /// @param group the group to make tasks in
    /// @throws Exception whatever the body lets out
    void run(TaskGroup group) throws Exception;
  }

  private final @Nullable Slots slots;
  private final Set<Task<?>> tasks = new LinkedHashSet<>();
  private final List<Throwable> errors = new ArrayList<>();
  private @Nullable Task<?> parent;
  private @Nullable Error fatal;
  private @Nullable LoopFuture<@Nullable Void> allEnded;
  private @Nullable CancelledError outside;
  private boolean entered;
  private boolean exiting;
  private boolean aborting;
  private boolean parentCancelRequested;
  private @Nullable Interrupt sentAs;
  private @Nullable Shielding level;
  private boolean cancelOnEnter;

  /// Works on one item of [#map].
  ///
  /// @param <A> the type of the items
  /// @param <T> the type of the results
  @FunctionalInterface
  public interface Mapper<A extends @Nullable Object, T extends @Nullable Object> {

    /// Works on an item. Suspends wherever it awaits.
    ///
    /// @param item the item
    /// @return the result
    /// @throws Exception whatever it lets out
    T map(A item) throws Exception;
  }

  /// Works on one item of [#forEach].
  ///
  /// @param <A> the type of the items
  @FunctionalInterface
  public interface Each<A extends @Nullable Object> {

    /// Works on an item. Suspends wherever it awaits.
    ///
    /// @param item the item
    /// @throws Exception whatever it lets out
    void accept(A item) throws Exception;
  }

  /// Makes a group that has not been entered.
  public TaskGroup() {
    slots = null;
  }

  /// Makes a group whose tasks' bodies do not all run at once: the others wait, in the order in
  /// which they were made, until one ends.
  ///
  /// No asyncio equivalent.
  ///
  /// @param limit how many may run at once
  /// @throws IllegalArgumentException if it is below 1
  public TaskGroup(int limit) {
    slots = new Slots(limit);
  }

  /// Works on items at the same time, at most `limit` of them. Coroutine only; suspends.
  ///
  /// The next item is taken only when there is room for it. If one fails, or ends as cancelled, the
  /// others are cancelled.
  ///
  /// No asyncio equivalent.
  ///
  /// @param items what to work on
  /// @param limit how many at a time
  /// @param work what to do with each, as a task of its own
  /// @param <A> the type of the items
  /// @param <T> the type of the results
  /// @return the results, in the order of the items
  /// @throws ExceptionGroup if the work on one failed, or taking the next one did
  /// @throws CancelledError if the caller was cancelled, or the work on one ended as cancelled
  /// @throws IllegalArgumentException if the limit is below 1
  public static <A extends @Nullable Object, T extends @Nullable Object> List<T> map(
      Iterable<? extends A> items, int limit, Mapper<? super A, ? extends T> work) {
    var room = new Slots(limit);
    var tasks = new ArrayList<Task<T>>();
    var cancelled = new ArrayList<LoopFuture<T>>();
    run(group -> {
      Iterator<? extends A> left = items.iterator();
      while (left.hasNext()) {
        room.acquire();
        A item = left.next();
        Task<T> task = group.createTask(() -> work.map(item));
        task.addDoneCallback(done -> { // also if it was cancelled before it began
          room.release();
          if (done.isCancelled()) {
            cancelled.add(done);
            group.cancel(); // to the group that is no failure, but there will be no result
          }
        });
        tasks.add(task);
      }
    });
    if (!cancelled.isEmpty()) {
      throw cancelled.getFirst().cancelledError();
    }
    var results = new ArrayList<T>(tasks.size());
    tasks.forEach(task -> results.add(task.result()));
    return results;
  }

  /// Works on items at the same time, at most `limit` of them, without results. Coroutine only;
  /// suspends. As [#map].
  ///
  /// No asyncio equivalent.
  ///
  /// @param items what to work on
  /// @param limit how many at a time
  /// @param work what to do with each, as a task of its own
  /// @param <A> the type of the items
  /// @throws ExceptionGroup if the work on one failed, or taking the next one did
  /// @throws CancelledError if the caller was cancelled, or the work on one ended as cancelled
  /// @throws IllegalArgumentException if the limit is below 1
  public static <A extends @Nullable Object> void forEach(
      Iterable<? extends A> items, int limit, Each<? super A> work) {
    List<@Nullable Void> _ =
        TaskGroup.<A, @Nullable Void>map(
            items,
            limit,
            item -> {
              work.accept(item);
              return null;
            });
  }

  /// Runs a body in a new group, and waits for all its tasks. Coroutine only.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws ExceptionGroup if the body or a task failed
  public static <T extends @Nullable Object> T call(Body<T> body) {
    return new TaskGroup().with(body);
  }

  /// Runs a body without a result in a new group, and waits for all its tasks. Coroutine only.
  ///
  /// @param body what to run
  /// @throws ExceptionGroup if the body or a task failed
  public static void run(Action body) {
    new TaskGroup()
        .with(group -> {
          body.run(group);
          return null;
        });
  }

  /// Runs a body in this group, once, and waits for all its tasks. Coroutine only.
  ///
  /// Suspends where the body does, and at the end while tasks are left.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns; null if [#cancel] cut it short
  /// @throws ExceptionGroup if the body or a task failed
  /// @throws CancelledError if the parent was cancelled, and nothing failed
  /// @throws IllegalStateException if this was entered before, or outside a task
  @SuppressWarnings("NullAway") // null only where cancel() ended the body early, as documented
  public <T extends @Nullable Object> T with(Body<T> body) {
    enter();
    T result = null;
    Throwable fault = null;
    try {
      result = body.run(this);
    } catch (Throwable thrown) {
      fault = parent == null ? thrown : parent.translate(thrown);
    }
    try {
      exit(fault);
    } finally { // who keeps the group keeps none of these
      parent = null;
      errors.clear();
      fatal = null;
      outside = null;
      sentAs = null;
      level = null;
    }
    return result;
  }

  private void enter() {
    checkTurn();
    if (entered) {
      throw new IllegalStateException(this + " has already been entered");
    }
    Task<?> current = Task.current();
    if (current == null) {
      throw new IllegalStateException(this + " cannot determine the parent task");
    }
    parent = current;
    level = current.shielding();
    entered = true;
    if (cancelOnEnter) {
      cancel();
    }
  }

  /// Makes a task in this group.
  ///
  /// @param body what the task runs
  /// @param <T> the type of its result
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has ended
  public <T extends @Nullable Object> Task<T> createTask(Coro<T> body) {
    return createTask(body, TaskOptions.DEFAULT);
  }

  /// Makes a task without a result in this group.
  ///
  /// @param body what the task runs
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has ended
  public Task<@Nullable Void> createTask(Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.DEFAULT);
  }

  /// Makes a task without a result in this group.
  ///
  /// @param body what the task runs
  /// @param options name, context and eager start
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has ended
  public Task<@Nullable Void> createTask(Coro.Action body, TaskOptions options) {
    return createTask(Coro.of(body), options);
  }

  /// Makes a task in this group.
  ///
  /// @param body what the task runs
  /// @param options name, context and eager start
  /// @param <T> the type of its result
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has ended
  public <T extends @Nullable Object> Task<T> createTask(Coro<T> body, TaskOptions options) {
    return add(requireOpen(), body, options, this::taskDone);
  }

  private <T extends @Nullable Object> Task<T> add(
      Task<?> owner, Coro<T> body, TaskOptions options, DoneCallback<LoopFuture<?>> whenDone) {
    Task<T> task = Task.create(owner.loop, slots == null ? body : slots.within(body), options);
    tasks.add(task);
    task.addDoneCallbackFor(owner, whenDone);
    if (aborting && !task.isDone()) {
      task.cancel(); // its eager first step made the group fail
    }
    return task;
  }

  /// Starts a task in this group, and waits until it reports that it is ready. Coroutine only;
  /// suspends.
  ///
  /// For what others need from their first line on: a server is bound, a subscription is confirmed.
  /// From its report on the task is one of the group's like any other. Before, a failure goes to
  /// the caller alone. If the caller is cancelled before, the task is cancelled and waited for; if
  /// it fails then, the group fails.
  ///
  /// No asyncio equivalent. Source: `trio.Nursery.start`.
  ///
  /// @param body what the task runs; calls [TaskStatus#started] once
  /// @param <V> the type of the value it reports
  /// @return what it reported
  /// @throws CancelledError if the caller was cancelled, or the task before it reported
  /// @throws IllegalStateException if the task ended without a report, or if the group has not been
  ///   entered, is shutting down or has ended
  public <V extends @Nullable Object> V start(TaskStatus.Body<V> body) {
    return start(body, TaskOptions.DEFAULT);
  }

  /// Starts a task in this group, and waits until it reports that it is ready. Coroutine only; as
  /// [#start(TaskStatus.Body)].
  ///
  /// @param body what the task runs
  /// @param options name, context and eager start
  /// @param <V> the type of the value it reports
  /// @return what it reported
  public <V extends @Nullable Object> V start(TaskStatus.Body<V> body, TaskOptions options) {
    Task<?> owner = requireOpen();
    var status = new TaskStatus<V>(owner.loop);
    Coro<@Nullable Void> reporting = status.of(body);
    Task<@Nullable Void> task =
        this.<@Nullable Void>add(
            owner,
            reporting,
            options,
            done -> {
              if (status.ended(done)) {
                remove(done);
              } else {
                taskDone(done);
              }
            });
    return status.await(task, fault -> failed(task, fault));
  }

  private Task<?> requireOpen() {
    checkTurn();
    if (!entered) {
      throw new IllegalStateException(this + " has not been entered");
    }
    if (parent == null || (exiting && tasks.isEmpty())) {
      throw new IllegalStateException(this + " is finished");
    }
    if (aborting) {
      throw new IllegalStateException(this + " is shutting down");
    }
    return parent;
  }

  /// Ends this group without an error: its tasks and its body are cancelled, and the scope returns.
  ///
  /// Before entry it takes effect on entry; after the end it does nothing. Never suspends.
  ///
  /// Source: `TaskGroup.cancel`, Python 3.15.
  public void cancel() {
    checkTurn();
    if (!entered) {
      cancelOnEnter = true;
      return;
    }
    if (aborting || parent == null || (exiting && tasks.isEmpty())) {
      return;
    }
    abort();
    if (!parentCancelRequested) {
      parentCancelRequested = true;
      sentAs = parent.cancelForScope(level);
    }
  }

  /// Who calls before the group is entered, or after its end, finds no loop to ask.
  private void checkTurn() {
    Task<?> owner = parent;
    if (owner != null) {
      owner.loop.checkTurn();
    }
  }

  private void abort() {
    aborting = true;
    for (Task<?> task : List.copyOf(tasks)) {
      if (!task.isDone()) {
        task.cancel();
      }
    }
  }

  private void taskDone(LoopFuture<?> done) {
    remove(done);
    Throwable fault = done.isCancelled() ? null : done.exception();
    if (fault != null) {
      failed(done, fault);
    }
  }

  private void remove(LoopFuture<?> done) {
    tasks.remove(done);
    if (tasks.isEmpty() && allEnded != null && !allEnded.isDone()) {
      allEnded.setResult(null);
    }
  }

  private void failed(LoopFuture<?> done, Throwable fault) {
    errors.add(fault);
    rememberFatal(fault);
    Task<?> owner = parent;
    if (owner == null || owner.isDone()) {
      reportOrphan(done, fault);
    } else if (!aborting && !parentCancelRequested) {
      abort();
      parentCancelRequested = true;
      sentAs = owner.cancelForScope(level);
    }
  }

  private void rememberFatal(Throwable fault) {
    if (fatal == null && (fault instanceof KeyboardInterrupt || fault instanceof SystemExit)) {
      fatal = (Error) fault;
    }
  }

  private static void reportOrphan(LoopFuture<?> done, Throwable fault) {
    done.loop.callExceptionHandler(
        new ExceptionContext(
            done + " has errored out but its parent task is already completed",
            fault,
            Map.of("task", done),
            null));
  }

  private void exit(@Nullable Throwable fault) {
    Task<?> owner = Objects.requireNonNull(parent);
    owner.takeTurn();
    exiting = true;
    if (fault != null) {
      rememberFatal(fault);
      if (!aborting) {
        abort();
      }
    }
    CancelledError pending = awaitTasks(owner.loop);
    if (fatal != null) {
      throw fatal;
    }
    throwOutcome(owner, fault, pending);
  }

  /// Waits until no task is left, however often the parent is cancelled meanwhile.
  ///
  /// @return the last cancellation that came; the first that found nothing aborting is remembered
  ///   too
  private @Nullable CancelledError awaitTasks(Loop loop) {
    CancelledError pending = null;
    while (!tasks.isEmpty()) {
      var ended = new LoopFuture<@Nullable Void>(loop);
      allEnded = ended;
      try {
        ended.await();
      } catch (CancelledError cancelled) {
        pending = cancelled;
        if (!aborting) {
          outside = cancelled;
          abort();
        }
      }
      allEnded = null;
    }
    return pending;
  }

  private void throwOutcome(
      Task<?> owner, @Nullable Throwable fault, @Nullable CancelledError pending) {
    CancelledError propagate = fault instanceof CancelledError cancelled ? cancelled : null;
    if (outside != null) {
      propagate = outside;
    }
    if (parentCancelRequested) {
      if (owner.uncancel(sentAs) == 0) {
        propagate = null; // the cancellation was ours alone
      } else if (propagate == null) {
        propagate = pending;
      }
    }
    if (propagate != null && errors.isEmpty()) {
      throw propagate;
    }
    if (fault != null && !(fault instanceof CancelledError)) {
      errors.add(fault);
    }
    if (!errors.isEmpty()) {
      if (owner.requests() > 0) {
        owner.repeatRequest(); // the next await must see what the group's failure hides here
      }
      throw new ExceptionGroup("unhandled errors in a TaskGroup", errors);
    }
  }

  @Override
  public String toString() {
    var text = new StringBuilder("<TaskGroup");
    if (!tasks.isEmpty()) {
      text.append(" tasks=").append(tasks.size());
    }
    if (!errors.isEmpty()) {
      text.append(" errors=").append(errors.size());
    }
    if (aborting) {
      text.append(" cancelling");
    } else if (entered) {
      text.append(" entered");
    }
    return text.append('>').toString();
  }
}
