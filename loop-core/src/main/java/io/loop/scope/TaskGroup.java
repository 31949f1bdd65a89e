package io.loop.scope;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.DoneCallback;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A scope that owns tasks: it ends when all its tasks have finished.
///
/// If a task fails, the other tasks and the body are cancelled, and the scope throws an
/// [ExceptionGroup]. Loop thread and coroutines of the loop only.
///
/// Source: `asyncio.TaskGroup`, Python 3.15. Here, tasks are cancelled in the order of their
/// creation.
public final class TaskGroup extends GroupState {

  /*
   * This is the public face. GroupState has the tasks, the failures and the end of the scope; the
   * two are one object.
   */

  /// The body of a group.
  ///
  /// @param <T> the type of the result
  @FunctionalInterface
  public interface Body<T extends @Nullable Object> {

    /// Runs the body.
    ///
    /// @param group the group to create tasks in
    /// @return the result
    /// @throws Exception whatever the body throws
    T run(TaskGroup group) throws Exception;
  }

  /// The body of a group, without a result.
  @FunctionalInterface
  public interface Action {

    /// Runs the body.
    ///
    /// @param group the group to create tasks in
    /// @throws Exception whatever the body throws
    void run(TaskGroup group) throws Exception;
  }

  private final @Nullable Slots slots;

  /// Processes an item for [#map].
  ///
  /// @param <A> the type of the items
  /// @param <T> the type of the results
  @FunctionalInterface
  public interface Mapper<A extends @Nullable Object, T extends @Nullable Object> {

    /// Processes an item. Suspends wherever it awaits.
    ///
    /// @param item the item
    /// @return the result
    /// @throws Exception whatever the function throws
    T map(A item) throws Exception;
  }

  /// Processes an item for [#forEach].
  ///
  /// @param <A> the type of the items
  @FunctionalInterface
  public interface Each<A extends @Nullable Object> {

    /// Processes an item. Suspends wherever it awaits.
    ///
    /// @param item the item
    /// @throws Exception whatever the function throws
    void accept(A item) throws Exception;
  }

  /// Creates a group that has not been entered.
  public TaskGroup() {
    slots = null;
  }

  /// Creates a group that runs at most `limit` task bodies at a time. The other tasks wait, in the
  /// order of their creation, until a body finishes.
  ///
  /// No asyncio equivalent.
  ///
  /// @param limit the maximum number of bodies that run at a time
  /// @throws IllegalArgumentException if `limit` is less than 1
  public TaskGroup(int limit) {
    slots = new Slots(limit);
  }

  /// Processes items concurrently, at most `limit` at a time, and returns the results. Coroutine
  /// only; suspends.
  ///
  /// The next item is taken only when it can be processed. If processing an item fails or is
  /// cancelled, the others are cancelled.
  ///
  /// No asyncio equivalent.
  ///
  /// @param items the items
  /// @param limit the maximum number of items that are processed at a time
  /// @param work the function that processes an item; each call runs in its own task
  /// @param <A> the type of the items
  /// @param <T> the type of the results
  /// @return the results, in the order of the items
  /// @throws ExceptionGroup if processing an item failed, or taking the next item did
  /// @throws CancelledError if the caller was cancelled, or processing an item was cancelled
  /// @throws IllegalArgumentException if `limit` is less than 1
  public static <A extends @Nullable Object, T extends @Nullable Object> List<T> map(
      Iterable<? extends A> items, int limit, Mapper<? super A, ? extends T> work) {
    return new GroupMap<A, T>(limit, work).run(items);
  }

  /// Processes items concurrently, at most `limit` at a time, without results. Coroutine only;
  /// suspends. Like [#map].
  ///
  /// No asyncio equivalent.
  ///
  /// @param items the items
  /// @param limit the maximum number of items that are processed at a time
  /// @param work the function that processes an item; each call runs in its own task
  /// @param <A> the type of the items
  /// @throws ExceptionGroup if processing an item failed, or taking the next item did
  /// @throws CancelledError if the caller was cancelled, or processing an item was cancelled
  /// @throws IllegalArgumentException if `limit` is less than 1
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
  /// @return what the body returns; null if [#cancel] ended it early
  /// @throws ExceptionGroup if the body or a task failed
  /// @throws CancelledError if the parent was cancelled and nothing failed
  /// @throws IllegalStateException if this group was already entered, or if called outside a task
  @SuppressWarnings("NullAway") // null only where cancel() ended the body early, as documented
  public <T extends @Nullable Object> T with(Body<T> body) {
    enter();
    T result = null;
    Throwable fault = null;
    try {
      result = body.run(this);
    } catch (Throwable thrown) {
      fault = thrown;
    }
    takeTurn(); // the body may have blocked
    try {
      exit(fault);
    } finally {
      letGo();
    }
    return result;
  }

  /// Creates a task in this group.
  ///
  /// @param body what the task runs
  /// @param <T> the type of its result
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has
  ///   finished
  public <T extends @Nullable Object> Task<T> createTask(Coro<T> body) {
    return createTask(body, TaskOptions.DEFAULT);
  }

  /// Creates a task without a result in this group.
  ///
  /// @param body what the task runs
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has
  ///   finished
  public Task<@Nullable Void> createTask(Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.DEFAULT);
  }

  /// Creates a task without a result in this group.
  ///
  /// @param body what the task runs
  /// @param options name, context and eager start
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has
  ///   finished
  public Task<@Nullable Void> createTask(Coro.Action body, TaskOptions options) {
    return createTask(Coro.of(body), options);
  }

  /// Creates a task in this group.
  ///
  /// @param body what the task runs
  /// @param options name, context and eager start
  /// @param <T> the type of its result
  /// @return the task
  /// @throws IllegalStateException if the group has not been entered, is shutting down or has
  ///   finished
  public <T extends @Nullable Object> Task<T> createTask(Coro<T> body, TaskOptions options) {
    return add(requireOpen(), body, options, this::taskDone);
  }

  private <T extends @Nullable Object> Task<T> add(
      Task<?> owner, Coro<T> body, TaskOptions options, DoneCallback<LoopFuture<?>> whenDone) {
    Coro<T> limited = slots == null ? body : slots.within(body);
    Task<T> task = Task.create(owner.getLoop(), limited, options);
    adopt(task, owner, whenDone);
    return task;
  }

  /// Starts a task in this group, and waits until the task reports that it is ready. Coroutine
  /// only; suspends.
  ///
  /// Use it for tasks that others depend on, such as a server that must be bound, or a subscription
  /// that must be confirmed. A failure before the report is thrown to the caller and does not fail
  /// the group. After the report, the task is an ordinary task of the group. If the caller is
  /// cancelled before the report, the task is cancelled and awaited; if it then fails, the group
  /// fails.
  ///
  /// No asyncio equivalent. Source: `trio.Nursery.start`.
  ///
  /// @param body what the task runs; it calls [TaskStatus#started] once
  /// @param <V> the type of the reported value
  /// @return the reported value
  /// @throws CancelledError if the caller was cancelled, or the task was cancelled before the
  ///   report
  /// @throws IllegalStateException if the task finished without a report, or if the group has not
  ///   been entered, is shutting down or has finished
  public <V extends @Nullable Object> V start(TaskStatus.Body<V> body) {
    return start(body, TaskOptions.DEFAULT);
  }

  /// Starts a task in this group, and waits until the task reports that it is ready. Coroutine
  /// only; like [#start(TaskStatus.Body)].
  ///
  /// @param body what the task runs
  /// @param options name, context and eager start
  /// @param <V> the type of the reported value
  /// @return the reported value
  public <V extends @Nullable Object> V start(TaskStatus.Body<V> body, TaskOptions options) {
    Task<?> owner = requireOpen();
    var status = new TaskStatus<V>(owner.getLoop());
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

  /// Ends this group without an error: its tasks and its body are cancelled, and the scope returns.
  ///
  /// If called before the group is entered, it takes effect on entry. Has no effect once the group
  /// has finished. Never suspends.
  ///
  /// Source: `TaskGroup.cancel`, Python 3.15.
  public void cancel() {
    cancelAll();
  }
}
