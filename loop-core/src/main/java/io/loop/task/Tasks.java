package io.loop.task;

import io.loop.event.EnteredLoop;
import io.loop.event.Loop;
import io.loop.task.GatherFuture.OnFailure;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Functions on futures and tasks, for layers and for code that does not run on the loop. Programs
/// call those of [io.loop.Asyncio], which has the contracts: thread, suspension, errors and source
/// of a function here are those of the one that it names.
public final class Tasks {

  private Tasks() {}

  /// Like [io.loop.Asyncio#setTaskFactory], for a given loop. Loop thread and coroutines of the
  /// loop only.
  ///
  /// @param loop the loop
  /// @param factory the factory; null for the default, [Task#of]
  public static void setTaskFactory(Loop loop, @Nullable TaskFactory factory) {
    loop.checkTurn();
    LoopTasks.of(loop).setFactory(factory);
  }

  /// {@return the factory that creates a loop's tasks, or null for the default}
  ///
  /// Source: `loop.get_task_factory`.
  ///
  /// @param loop the loop
  public static @Nullable TaskFactory getTaskFactory(Loop loop) {
    loop.checkTurnToRead();
    return LoopTasks.of(loop).factory();
  }

  /// {@return the awaitable itself, or a new task that runs it} Like
  /// [io.loop.Asyncio#ensureFuture], for a given loop.
  ///
  /// @param loop the loop
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @throws IllegalArgumentException if it is a future of another loop
  @SuppressWarnings("unchecked") // a future's result is read only, so its type may be widened
  public static <T extends @Nullable Object> LoopFuture<T> ensureFuture(
      Loop loop, Awaitable<? extends T> awaitable) {
    if (!(awaitable instanceof LoopFuture<? extends T> future)) {
      return Task.create(loop, Coro.from((Awaitable<T>) awaitable), TaskOptions.DEFAULT);
    }
    if (future.getLoop() != loop) {
      throw new IllegalArgumentException(
          "The future belongs to a different loop than the one specified: " + future);
    }
    return (LoopFuture<T>) future;
  }

  /// Implements [io.loop.Asyncio#sleep(Duration, Object)].
  ///
  /// @param delay how long; zero or less to yield for one tick
  /// @param result what to return
  /// @param <T> its type
  /// @return the result
  public static <T extends @Nullable Object> T sleep(Duration delay, T result) {
    return Sleep.sleep(delay, result);
  }

  /// Implements [io.loop.Asyncio#gather(List)].
  ///
  /// @param awaitables futures, and bodies to run as tasks
  /// @param <T> the common type of the results
  /// @return a future of the results
  public static <T extends @Nullable Object> LoopFuture<List<T>> gather(
      List<? extends Awaitable<? extends T>> awaitables) {
    return GatherFuture.of(Loop.running(), awaitables, OnFailure.FAIL);
  }

  /// Like [io.loop.Asyncio#gatherReturnExceptions(List)], for a given loop.
  ///
  /// @param loop the loop
  /// @param awaitables futures, and bodies to run as tasks
  /// @return a future of the results and exceptions
  public static LoopFuture<List<@Nullable Object>> gatherReturnExceptions(
      Loop loop, List<? extends Awaitable<?>> awaitables) {
    loop.checkTurn();
    return GatherFuture.of(loop, awaitables, OnFailure.KEEP);
  }

  /// Implements [io.loop.Asyncio#gatherCancelSiblings(List)].
  ///
  /// @param awaitables futures, and bodies to run as tasks
  /// @param <T> the common type of the results
  /// @return a future of the results
  public static <T extends @Nullable Object> LoopFuture<List<T>> gatherCancelSiblings(
      List<? extends Awaitable<? extends T>> awaitables) {
    return GatherFuture.of(Loop.running(), awaitables, OnFailure.CANCEL_SIBLINGS);
  }

  /// Implements [io.loop.Asyncio#runCoroutineThreadsafe(Coro, Loop)]. Any thread.
  ///
  /// @param body what to run
  /// @param loop the loop
  /// @param <T> the type of the result
  /// @return a future for use by other threads
  /// @throws IllegalStateException if the loop is closed
  public static <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(
      Coro<T> body, Loop loop) {
    return Threadsafe.submit(loop, body);
  }

  /// Implements [io.loop.Asyncio#wrapFuture].
  ///
  /// @param stage the stage, which any thread may complete
  /// @param <T> the type of the result
  /// @return a future of the running loop
  public static <T extends @Nullable Object> LoopFuture<T> wrapFuture(CompletionStage<T> stage) {
    return Threadsafe.wrap(Loop.running(), stage);
  }

  /// Records that a task waits for a future, for [LoopFuture#awaitedBy] and call graphs, until the
  /// future is settled or [#discardFromAwaitedBy] removes the record. For user-written combinators;
  /// those of this library do it automatically.
  ///
  /// Source: `asyncio.future_add_to_awaited_by`, Python 3.14.
  ///
  /// @param future the future that is awaited
  /// @param waiter the task that waits
  public static void addToAwaitedBy(LoopFuture<?> future, Task<?> waiter) {
    future.loop.checkTurn();
    future.addWaiter(waiter);
  }

  /// Like [LoopFuture#addDoneCallback], on behalf of a task: until the callback is called or
  /// removed, the task counts as awaiting the future. For user-written combinators.
  ///
  /// No asyncio equivalent; it is [#addToAwaitedBy] and `add_done_callback` at the cost of one.
  ///
  /// @param future the future that is awaited
  /// @param waiter the task that waits; null for none
  /// @param function the callback, called with the future
  /// @param <T> the type of the future's result
  public static <T extends @Nullable Object> void addDoneCallbackFor(
      LoopFuture<T> future,
      @Nullable Task<?> waiter,
      DoneCallback<? super LoopFuture<T>> function) {
    Objects.requireNonNull(function, "function");
    future.loop.checkTurn();
    future.addDoneCallbackFor(waiter, function);
  }

  /// Removes what [#addToAwaitedBy] recorded.
  ///
  /// Source: `asyncio.future_discard_from_awaited_by`, Python 3.14.
  ///
  /// @param future the future that was awaited
  /// @param waiter the task that waited
  public static void discardFromAwaitedBy(LoopFuture<?> future, Task<?> waiter) {
    future.loop.checkTurn();
    future.removeWaiter(waiter);
  }

  /// {@return a [CancelledError] if a blocking call threw `fault` because the calling task was
  /// cancelled, otherwise `fault` itself} Coroutine only; never suspends. Returning a
  /// [CancelledError] counts as delivering the cancellation.
  ///
  /// For user-written scopes that act on the exception a body threw; the scopes and tasks of this
  /// library do it automatically.
  ///
  /// @param fault the exception that the body threw
  public static Throwable translate(Throwable fault) {
    Task<?> task = Task.current();
    return task == null ? fault : task.step().translate(fault);
  }

  /// Like [io.loop.Asyncio#runInExecutor(Executor, Callable)], for a given loop.
  ///
  /// @param loop the loop of the future
  /// @param executor the executor that runs it; null for the loop's default executor
  /// @param work what to run
  /// @param <T> the type of the result
  /// @return a future of its result
  /// @throws IllegalStateException if the default executor was shut down
  /// @throws java.util.concurrent.RejectedExecutionException if the executor rejects the work
  public static <T extends @Nullable Object> LoopFuture<T> runInExecutor(
      Loop loop, @Nullable Executor executor, Callable<T> work) {
    return DefaultExecutor.submit(loop, executor, work);
  }

  /// Implements [io.loop.Asyncio#toThread(Callable)].
  ///
  /// @param work what to run
  /// @param <T> the type of the result
  /// @return its result
  public static <T extends @Nullable Object> T toThread(Callable<T> work) {
    return DefaultExecutor.toThread(work);
  }

  /// Sets the executor for work that is submitted without one. The previous executor is not shut
  /// down; the new one is shut down with the loop.
  ///
  /// Source: `loop.set_default_executor`.
  ///
  /// @param loop the loop
  /// @param executor the executor
  public static void setDefaultExecutor(Loop loop, ExecutorService executor) {
    loop.checkTurn();
    DefaultExecutor.of(loop).set(executor);
  }

  /// Shuts down the loop's default executor: rejects new work, and waits for the submitted work.
  /// Coroutine only; suspends if work is left. Logs a warning if the timeout expires.
  ///
  /// Source: `loop.shutdown_default_executor`.
  ///
  /// @param loop the loop
  /// @param timeout how long to wait; null for no limit
  /// @throws CancelledError if the calling task was cancelled
  public static void shutdownDefaultExecutor(Loop loop, @Nullable Duration timeout) {
    loop.checkTurn();
    DefaultExecutor.of(loop).shutdown(timeout);
  }

  /// {@return whether the loop's default executor has been set or used and so needs to be shut
  /// down}
  ///
  /// @param loop the loop
  public static boolean hasDefaultExecutor(Loop loop) {
    loop.checkTurnToRead();
    return DefaultExecutor.of(loop).isUsed();
  }

  /// Runs `work` on the thread that runs the loop's callbacks. Loop thread and coroutines of the
  /// loop only.
  ///
  /// Never suspends, as the loop sees it: nothing else runs before this returns. For calls that
  /// must be made on that thread, such as Netty's. If a callback is blocking that thread, this
  /// waits for it like a blocking call. Do not call this while holding a lock that callbacks need.
  ///
  /// @param work what to run
  /// @param <T> the type of its result
  /// @return its result
  public static <T extends @Nullable Object> T onLoopThread(Supplier<T> work) {
    LoopTasks tasks = LoopTasks.of(Loop.running());
    EnteredLoop entered = tasks.entered();
    Task<?> task = tasks.current();
    return task != null && task.step().isCurrentThread()
        ? task.step().coroutine().callWithHost(() -> entered.callOnHost(work))
        : entered.callOnHost(work);
  }

  /// Implements [io.loop.Asyncio#runUntilComplete].
  ///
  /// @param loop the loop, not running
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the loop was stopped before the future was settled
  public static <T extends @Nullable Object> T runUntilComplete(
      Loop loop, Awaitable<? extends T> awaitable) {
    return RunUntilComplete.run(loop, awaitable, false);
  }

  /// Runs a loop until a future is settled, as a part of shutting down; like [#runUntilComplete],
  /// but [#cancelRun] does not cancel the future. For runners.
  ///
  /// @param loop the loop, not running
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the loop was stopped before the future was settled
  public static <T extends @Nullable Object> T runToItsEnd(
      Loop loop, Awaitable<? extends T> awaitable) {
    return RunUntilComplete.run(loop, awaitable, true);
  }

  /// Cancels the future or body that [#runUntilComplete] runs, so that the code that runs the loop
  /// can close it. If there is none, as with [Loop#runForever], cancels all tasks and stops the
  /// loop when they have finished. For layers on top of a loop. Loop thread and coroutines of the
  /// loop only.
  ///
  /// @param loop the loop, running
  public static void cancelRun(Loop loop) {
    RunUntilComplete.cancel(loop);
  }
}
