package io.loop.task;

import io.loop.event.Loop;
import io.loop.task.GatherFuture.OnFailure;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The functions on futures and tasks; programs call them as `Asyncio`'s.
public final class Tasks {

  private Tasks() {}

  /// Sets what makes a loop's tasks from now on. Loop thread and coroutines of the loop only.
  ///
  /// Source: `loop.set_task_factory`.
  ///
  /// @param loop the loop
  /// @param factory the factory; null for the default, [Task#of]
  public static void setTaskFactory(Loop loop, @Nullable TaskFactory factory) {
    LoopTasks.of(loop).setFactory(factory);
  }

  /// {@return what makes a loop's tasks, or null for the default}
  ///
  /// Source: `loop.get_task_factory`.
  ///
  /// @param loop the loop
  public static @Nullable TaskFactory getTaskFactory(Loop loop) {
    return LoopTasks.of(loop).factory();
  }

  /// {@return the awaitable itself if it is a future, else a new task that runs it}
  ///
  /// Source: `asyncio.ensure_future`.
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

  /// Suspends for a time. Coroutine only; always suspends, always a cancellation point.
  ///
  /// Source: `asyncio.sleep`.
  ///
  /// @param delay how long; zero or less gives up control for exactly one tick
  /// @param result what to return
  /// @param <T> its type
  /// @return the result
  public static <T extends @Nullable Object> T sleep(Duration delay, T result) {
    return Sleep.sleep(delay, result);
  }

  /// Runs several things together. Never suspends; await what it returns.
  ///
  /// Source: `asyncio.gather`.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  /// @return a future of the results in argument order, or of the first failure; cancelling it
  ///   cancels all
  public static <T extends @Nullable Object> LoopFuture<List<T>> gather(
      List<? extends Awaitable<? extends T>> awaitables) {
    return GatherFuture.of(Loop.running(), awaitables, OnFailure.FAIL);
  }

  /// Runs several things together and keeps failures among the results. Never suspends.
  ///
  /// Source: `asyncio.gather(return_exceptions=True)`.
  ///
  /// @param loop the loop
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @return a future of the results in argument order, a failed one's being its throwable
  public static LoopFuture<List<@Nullable Object>> gatherReturnExceptions(
      Loop loop, List<? extends Awaitable<?>> awaitables) {
    return GatherFuture.of(loop, awaitables, OnFailure.KEEP);
  }

  /// Runs several things together, and cancels the others when one fails. Never suspends.
  ///
  /// No asyncio equivalent; a [TaskGroup] does the same for a scope.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  /// @return a future of the results in argument order, or, when all have ended, of the first
  ///   failure; cancelling it cancels all
  public static <T extends @Nullable Object> LoopFuture<List<T>> gatherCancelSiblings(
      List<? extends Awaitable<? extends T>> awaitables) {
    return GatherFuture.of(Loop.running(), awaitables, OnFailure.CANCEL_SIBLINGS);
  }

  /// Starts several bodies one after the other, each when the one before has failed or has taken
  /// too long, until one succeeds. Coroutine only; suspends.
  ///
  /// Source: `asyncio.staggered.staggered_race`; happy eyeballs, RFC 8305.
  ///
  /// @param bodies what to try, in order
  /// @param delay how long to wait for one before the next is started beside it; null to wait until
  ///   it has failed
  /// @param <T> the type of the result
  /// @return the first success, and how the others ended; all have ended
  /// @throws CancelledError if the calling task was cancelled; all bodies have ended
  public static <T extends @Nullable Object> RaceResult<T> staggeredRace(
      List<? extends Coro<? extends T>> bodies, @Nullable Duration delay) {
    return new StaggeredRace<T>(Loop.running(), bodies, delay).run();
  }

  /// Awaits something, with a time limit. Coroutine only.
  ///
  /// A body runs in the calling task, unless the timeout is zero or less: then it never starts.
  ///
  /// Source: `asyncio.wait_for`.
  ///
  /// @param awaitable what to await
  /// @param timeout the time limit; null for none
  /// @param <T> the type of the result
  /// @return the result
  /// @throws TimeoutException if the time limit expired; the awaited thing was cancelled and has
  ///   ended
  public static <T extends @Nullable Object> T waitFor(
      Awaitable<? extends T> awaitable, @Nullable Duration timeout) throws TimeoutException {
    return WaitFor.waitFor(awaitable, timeout);
  }

  /// Waits for several futures. Coroutine only; always suspends, always a cancellation point.
  ///
  /// Nothing is cancelled, neither when the time is up nor when the caller is cancelled.
  ///
  /// Source: `asyncio.wait`.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param timeout the time limit; null for none
  /// @param when what ends the wait
  /// @param <F> what is waited for: futures, or tasks
  /// @return which were done at the end, and which were not
  /// @throws IllegalArgumentException if there is no future
  /// @throws CancelledError if the calling task was cancelled
  public static <F extends LoopFuture<?>> WaitResult<F> wait(
      Collection<? extends F> futures, @Nullable Duration timeout, ReturnWhen when) {
    return Wait.on(futures, timeout, when);
  }

  /// {@return several things that run together, to be had in the order in which they end} Never
  /// suspends.
  ///
  /// Source: `asyncio.as_completed`.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param timeout how long the steps may take together, from this call on; null for no limit
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Collection<? extends Awaitable<? extends T>> awaitables, @Nullable Duration timeout) {
    return new AsCompleted<>(Loop.running(), awaitables, timeout);
  }

  /// {@return a future of the same outcome; cancelling it, or a task that awaits it, leaves the
  /// original alone} Never suspends.
  ///
  /// Source: `asyncio.shield`.
  ///
  /// @param awaitable a future, or a body to make a task of
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> LoopFuture<T> shield(
      Awaitable<? extends T> awaitable) {
    return Shield.around(ensureFuture(Loop.running(), awaitable));
  }

  /// Runs a body as a task of a loop, from any thread.
  ///
  /// Waiting on the result from the loop's own thread deadlocks. A time-out there only ends the
  /// wait; cancelling the future cancels the task. If the loop closes first, the future is
  /// cancelled.
  ///
  /// Source: `asyncio.run_coroutine_threadsafe`.
  ///
  /// @param body what to run
  /// @param loop the loop
  /// @param <T> the type of the result
  /// @return a future for other threads
  /// @throws IllegalStateException if the loop is closed
  public static <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(
      Coro<T> body, Loop loop) {
    return Threadsafe.submit(loop, body);
  }

  /// {@return a future of the running loop with a stage's outcome} Cancelling it cancels the stage,
  /// with `cancel(true)`: the JDK's `HttpClient` ends an exchange at this only. A cancelled stage
  /// cancels it.
  ///
  /// A stage that others use as well must not be cancelled by one of them. Wrap it once, and let
  /// each wait for a [#shield] of the wrapper, which takes its listener back when the wait ends;
  /// nothing can be taken back from a `CompletableFuture`.
  ///
  /// Source: `asyncio.wrap_future`.
  ///
  /// @param stage the stage, completed by any thread
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> LoopFuture<T> wrapFuture(CompletionStage<T> stage) {
    return Threadsafe.wrap(Loop.running(), stage);
  }

  /// Notes that a task waits for a future, for [LoopFuture#awaitedBy] and call graphs, until the
  /// future is settled or [#discardFromAwaitedBy] takes it back. For combinators of a program's
  /// own; those of this library do it themselves.
  ///
  /// Source: `asyncio.future_add_to_awaited_by`, Python 3.14.
  ///
  /// @param future what is waited for
  /// @param waiter who waits
  public static void addToAwaitedBy(LoopFuture<?> future, Task<?> waiter) {
    future.loop.checkTurn();
    future.addWaiter(waiter);
  }

  /// Takes back what [#addToAwaitedBy] noted.
  ///
  /// Source: `asyncio.future_discard_from_awaited_by`, Python 3.14.
  ///
  /// @param future what was waited for
  /// @param waiter who waited
  public static void discardFromAwaitedBy(LoopFuture<?> future, Task<?> waiter) {
    future.loop.checkTurn();
    future.removeWaiter(waiter);
  }

  /// {@return what an exception means that comes out of a body: a [CancelledError] if a blocking
  /// call threw it because the calling task was cancelled, else the exception itself} Coroutine
  /// only; never suspends. The cancellation counts as delivered then.
  ///
  /// For scopes of a program's own that decide by what a body threw; those of this library, and the
  /// end of a task, do it themselves.
  ///
  /// @param fault what the body threw
  public static Throwable translate(Throwable fault) {
    Task<?> task = Task.current();
    return task == null ? fault : task.translate(fault);
  }

  /// Runs something that blocks or computes for long on another thread. Never suspends; await what
  /// it returns.
  ///
  /// Cancelling the future keeps the work from starting; work that runs already goes on without an
  /// interrupt, and what it returns is dropped. A loop that closes waits for none of it: work that
  /// is in line by then still runs, and nobody gets what it returns. The caller's context is not
  /// passed on; see [#toThread].
  ///
  /// Source: `loop.run_in_executor`.
  ///
  /// @param loop the loop of the future
  /// @param executor who runs it; null for the loop's default executor: at most `min(32, processors
  ///   + 4)` platform threads, started when they are needed. Work that finds all of them busy waits
  ///     in line
  /// @param work what to run
  /// @param <T> the type of the result
  /// @return a future of its result
  /// @throws IllegalStateException if the default executor was shut down
  /// @throws java.util.concurrent.RejectedExecutionException if the executor takes no more
  public static <T extends @Nullable Object> LoopFuture<T> runInExecutor(
      Loop loop, @Nullable Executor executor, Callable<T> work) {
    return DefaultExecutor.submit(loop, executor, work);
  }

  /// Runs something on a thread of the default executor, in a copy of the caller's context, and
  /// waits for it. Coroutine only; suspends. Throws what the work threw, the very object,
  /// undeclared.
  ///
  /// Cancelling the caller does not stop work that runs already. This is for work that computes,
  /// that must outlive its caller, or that blocks where a virtual thread cannot let go of its
  /// carrier: in files, pipes, look-ups of names and native code. Any other blocking call made in
  /// the coroutine itself suspends it just as well, and is interrupted.
  ///
  /// Source: `asyncio.to_thread`.
  ///
  /// @param work what to run
  /// @param <T> the type of the result
  /// @return its result
  /// @throws IllegalStateException if the default executor was shut down
  /// @throws CancelledError if the calling task was cancelled
  public static <T extends @Nullable Object> T toThread(Callable<T> work) {
    return DefaultExecutor.toThread(work);
  }

  /// Sets who runs what is given to no particular executor. The one it replaces is left as it is;
  /// this one is shut down with the loop.
  ///
  /// Source: `loop.set_default_executor`.
  ///
  /// @param loop the loop
  /// @param executor the executor
  public static void setDefaultExecutor(Loop loop, ExecutorService executor) {
    loop.checkTurn();
    DefaultExecutor.of(loop).set(executor);
  }

  /// Refuses further work for the loop's default executor, and waits for what it has. Coroutine
  /// only; suspends while there is any. Warns in the log if the time was up.
  ///
  /// Source: `loop.shutdown_default_executor`.
  ///
  /// @param loop the loop
  /// @param timeout how long to wait; null for no limit
  /// @throws CancelledError if the calling task was cancelled
  public static void shutdownDefaultExecutor(Loop loop, @Nullable Duration timeout) {
    DefaultExecutor.of(loop).shutdown(timeout);
  }

  /// {@return whether the loop's default executor has been set or used, so that there is something
  /// to shut down}
  ///
  /// @param loop the loop
  public static boolean hasDefaultExecutor(Loop loop) {
    return DefaultExecutor.of(loop).isUsed();
  }

  /// Runs something on the thread of the loop's callbacks, between two steps of nobody else. Loop
  /// thread and coroutine.
  ///
  /// Never suspends, as the loop sees it: nothing else runs before this returns. For calls that
  /// must be made on that thread, such as Netty's. If a callback blocks there meanwhile, this waits
  /// for it as a blocking call does: do not call it while holding a lock that callbacks want.
  ///
  /// @param work what to run
  /// @param <T> the type of its result
  /// @return its result
  public static <T extends @Nullable Object> T onLoopThread(Supplier<T> work) {
    Loop loop = Loop.running();
    Task<?> task = LoopTasks.of(loop).current();
    return task != null && task.step().isCurrentThread()
        ? task.step().coroutine().callWithHost(() -> loop.callOnHost(work))
        : loop.callOnHost(work);
  }

  /// Runs a loop until a future is settled.
  ///
  /// Source: `loop.run_until_complete`.
  ///
  /// @param loop the loop, not running
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the loop was stopped before
  public static <T extends @Nullable Object> T runUntilComplete(
      Loop loop, Awaitable<? extends T> awaitable) {
    return RunUntilComplete.run(loop, awaitable, false);
  }

  /// Runs a loop until a future is settled that is to end it: as [#runUntilComplete], but
  /// [#cancelRun] leaves it alone. For runners.
  ///
  /// @param loop the loop, not running
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the loop was stopped before
  public static <T extends @Nullable Object> T runToItsEnd(
      Loop loop, Awaitable<? extends T> awaitable) {
    return RunUntilComplete.run(loop, awaitable, true);
  }

  /// Cancels what a loop runs for, so that whoever runs it closes it: the future or body of
  /// [#runUntilComplete]; where there is none, as with [Loop#runForever], all tasks, and stops the
  /// loop when they have ended. For layers; on the loop.
  ///
  /// @param loop the loop, running
  public static void cancelRun(Loop loop) {
    RunUntilComplete.cancel(loop);
  }
}
