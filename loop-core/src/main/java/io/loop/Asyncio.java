package io.loop;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.task.AsCompleted;
import io.loop.task.Awaitable;
import io.loop.task.CancelScope;
import io.loop.task.Coro;
import io.loop.task.FutureCallGraph;
import io.loop.task.LoopFuture;
import io.loop.task.RaceResult;
import io.loop.task.ReturnWhen;
import io.loop.task.Task;
import io.loop.task.TaskFactory;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import io.loop.task.Timeout;
import io.loop.task.WaitResult;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// asyncio's functions, as static methods to import.
///
/// Unless a method says otherwise it is for coroutines and callbacks of the running loop. A method
/// that awaits says whether it always suspends; only a suspension is a cancellation point.
///
/// Source: the module `asyncio`, Python 3.15.
public final class Asyncio {

  /*
   * One class although it is long: it is the module asyncio, to import as one, and each function is
   * a line of code under its contract. What they do is elsewhere.
   */

  private Asyncio() {}

  /// Runs a body on a loop of its own, to its end; the way into a program.
  ///
  /// Afterwards tasks that are left are cancelled and awaited, and the loop is closed. For a
  /// platform thread on which no loop runs. Signals: see [Runner#run].
  ///
  /// A [ScopedValue] that is bound around this call is not bound inside: see [Runner#run].
  ///
  /// Source: `asyncio.run`.
  ///
  /// Throws what the body threw, the very object, undeclared.
  ///
  /// @param main the body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread
  public static <T extends @Nullable Object> T run(Awaitable<T> main) {
    return run(main, Runner.Options.DEFAULT);
  }

  /// Runs a body without a result on a loop of its own, to its end; as [#run(Awaitable)].
  ///
  /// @param main the body
  public static void run(Coro.Action main) {
    run(Coro.of(main));
  }

  /// Runs a body on a loop of its own, to its end; as [#run(Awaitable)].
  ///
  /// @param main the body
  /// @param options how the loop is made and run
  /// @param <T> the type of the result
  /// @return the result
  public static <T extends @Nullable Object> T run(Awaitable<T> main, Runner.Options options) {
    try (var runner = new Runner(options)) {
      return runner.run(main);
    }
  }

  /// Runs a body without a result on a loop of its own, to its end; as [#run(Awaitable)].
  ///
  /// @param main the body
  /// @param options how the loop is made and run
  public static void run(Coro.Action main, Runner.Options options) {
    run(Coro.of(main), options);
  }

  /// {@return a new task that runs a body, from the next tick on} Never suspends.
  ///
  /// Source: `asyncio.create_task`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @throws IllegalStateException if no loop is running here
  public static <T extends @Nullable Object> Task<T> createTask(Coro<T> body) {
    return createTask(body, TaskOptions.DEFAULT);
  }

  /// {@return a new task that runs a body without a result, from the next tick on} Never suspends.
  ///
  /// @param body what to run
  /// @throws IllegalStateException if no loop is running here
  public static Task<@Nullable Void> createTask(Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.DEFAULT);
  }

  /// {@return a new task that runs a body} Never suspends.
  ///
  /// @param body what to run
  /// @param options name, context and eager start
  /// @param <T> the type of the result
  /// @throws IllegalStateException if no loop is running here
  public static <T extends @Nullable Object> Task<T> createTask(Coro<T> body, TaskOptions options) {
    return Task.create(Loop.running(), body, options);
  }

  /// {@return a new task that runs a body without a result} Never suspends.
  ///
  /// @param body what to run
  /// @param options name, context and eager start
  /// @throws IllegalStateException if no loop is running here
  public static Task<@Nullable Void> createTask(Coro.Action body, TaskOptions options) {
    return createTask(Coro.of(body), options);
  }

  /// Sets what makes the running loop's tasks from now on; [TaskFactory#EAGER] starts each at once.
  /// Never suspends.
  ///
  /// Source: `loop.set_task_factory`.
  ///
  /// @param factory the factory; null for the default
  /// @throws IllegalStateException if no loop is running here
  public static void setTaskFactory(@Nullable TaskFactory factory) {
    Tasks.setTaskFactory(Loop.running(), factory);
  }

  /// {@return the awaitable itself if it is a future, else a new task that runs it} Never suspends.
  ///
  /// Source: `asyncio.ensure_future`.
  ///
  /// @param awaitable a future, or a body
  /// @param <T> the type of the result
  /// @throws IllegalArgumentException if it is a future of another loop
  public static <T extends @Nullable Object> LoopFuture<T> ensureFuture(
      Awaitable<? extends T> awaitable) {
    return Tasks.ensureFuture(Loop.running(), awaitable);
  }

  /// Suspends for a time. Coroutine only; always suspends.
  ///
  /// Source: `asyncio.sleep`.
  ///
  /// @param delay how long; zero or less gives up control for exactly one tick
  public static void sleep(Duration delay) {
    Tasks.<@Nullable Void>sleep(delay, null);
  }

  /// Suspends for a time. Coroutine only; always suspends.
  ///
  /// @param delay how long; zero or less gives up control for exactly one tick
  /// @param result what to return
  /// @param <T> its type
  /// @return the result
  public static <T extends @Nullable Object> T sleep(Duration delay, T result) {
    return Tasks.sleep(delay, result);
  }

  /// {@return a future of the results, in argument order, of several things that run together}
  /// Never suspends.
  ///
  /// The first failure is the future's; the others go on. Cancelling the future cancels all.
  ///
  /// Source: `asyncio.gather`.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> LoopFuture<List<T>> gather(
      Awaitable<? extends T>... awaitables) {
    return Tasks.gather(List.of(awaitables));
  }

  /// {@return a future of the results of several things that run together} As
  /// [#gather(Awaitable...)].
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> LoopFuture<List<T>> gather(
      List<? extends Awaitable<? extends T>> awaitables) {
    return Tasks.gather(awaitables);
  }

  /// {@return a future of several bodies without a result that run together as tasks} As
  /// [#gather(Awaitable...)]; its list has as many nulls.
  ///
  /// @param bodies what to run
  public static LoopFuture<List<@Nullable Void>> gather(Coro.Action... bodies) {
    return Tasks.gather(Stream.of(bodies).map(Coro::of).toList());
  }

  /// {@return a future of the results of several things that run together, a failed one's result
  /// being its throwable} Never suspends.
  ///
  /// Source: `asyncio.gather(return_exceptions=True)`.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  public static LoopFuture<List<@Nullable Object>> gatherReturnExceptions(
      Awaitable<?>... awaitables) {
    return gatherReturnExceptions(List.of(awaitables));
  }

  /// {@return a future of the results of several things that run together, a failed one's result
  /// being its throwable} Never suspends.
  ///
  /// Source: `asyncio.gather(return_exceptions=True)`.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  public static LoopFuture<List<@Nullable Object>> gatherReturnExceptions(
      List<? extends Awaitable<?>> awaitables) {
    return Tasks.gatherReturnExceptions(Loop.running(), awaitables);
  }

  /// {@return a future of the results of several things that run together; the first failure
  /// cancels the others, and is the future's once they have ended} Never suspends.
  ///
  /// No asyncio equivalent.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> LoopFuture<List<T>> gatherCancelSiblings(
      List<? extends Awaitable<? extends T>> awaitables) {
    return Tasks.gatherCancelSiblings(awaitables);
  }

  /// {@return a future of the results of several things that run together} As
  /// [#gatherCancelSiblings(List)].
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> LoopFuture<List<T>> gatherCancelSiblings(
      Awaitable<? extends T>... awaitables) {
    return gatherCancelSiblings(List.of(awaitables));
  }

  /// Starts several bodies one after the other, each when the one before has failed or has taken
  /// too long, until one succeeds. Coroutine only; suspends.
  ///
  /// Source: `asyncio.staggered.staggered_race`.
  ///
  /// @param bodies what to try, in order
  /// @param delay how long to wait for one before the next is started beside it; null to wait until
  ///   it has failed
  /// @param <T> the type of the result
  /// @return the first success, and how the others ended; all have ended
  public static <T extends @Nullable Object> RaceResult<T> staggeredRace(
      List<? extends Coro<? extends T>> bodies, @Nullable Duration delay) {
    return Tasks.staggeredRace(bodies, delay);
  }

  /// Awaits something, with a time limit. Coroutine only; suspends if it must wait.
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
    return Tasks.waitFor(awaitable, timeout);
  }

  /// Runs a body without a result, with a time limit; as [#waitFor(Awaitable, Duration)].
  ///
  /// @param body what to run
  /// @param timeout the time limit; null for none
  /// @throws TimeoutException if the time limit expired; the body was cancelled and has ended
  public static void waitFor(Coro.Action body, @Nullable Duration timeout) throws TimeoutException {
    Void _ = Tasks.waitFor(Coro.of(body), timeout);
  }

  /// Waits until several futures are done. Coroutine only; always suspends.
  ///
  /// Call it with the class name, or import [#waitFutures(Collection)]: [Object] hides a static
  /// import of `wait`.
  ///
  /// Source: `asyncio.wait`.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param <F> what is waited for: futures, or tasks
  /// @return all of them, done
  /// @throws IllegalArgumentException if there is no future
  public static <F extends LoopFuture<?>> WaitResult<F> wait(Collection<? extends F> futures) {
    return Tasks.wait(futures, null, ReturnWhen.ALL_COMPLETED);
  }

  /// Waits until several futures are done; as [#wait(Collection)].
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param <F> what is waited for: futures, or tasks
  /// @return all of them, done
  /// @throws IllegalArgumentException if there is no future
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <F extends LoopFuture<?>> WaitResult<F> wait(F... futures) {
    return wait(List.of(futures));
  }

  /// Waits until several futures are done, with a time limit. Coroutine only; always suspends.
  ///
  /// Nothing is cancelled, neither when the limit expires nor when the caller is cancelled.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param timeout the time limit; null for none
  /// @param <F> what is waited for: futures, or tasks
  /// @return which were done at the end, and which were not
  /// @throws IllegalArgumentException if there is no future
  public static <F extends LoopFuture<?>> WaitResult<F> wait(
      Collection<? extends F> futures, @Nullable Duration timeout) {
    return wait(futures, timeout, ReturnWhen.ALL_COMPLETED);
  }

  /// Waits for several futures. Coroutine only; always suspends.
  ///
  /// Nothing is cancelled, neither when the limit expires nor when the caller is cancelled.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param timeout the time limit; null for none
  /// @param when what ends the wait
  /// @param <F> what is waited for: futures, or tasks
  /// @return which were done at the end, and which were not
  /// @throws IllegalArgumentException if there is no future
  public static <F extends LoopFuture<?>> WaitResult<F> wait(
      Collection<? extends F> futures, @Nullable Duration timeout, ReturnWhen when) {
    return Tasks.wait(futures, timeout, when);
  }

  /// Waits until several futures are done: [#wait(Collection)] under a name that can be imported.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param <F> what is waited for: futures, or tasks
  /// @return all of them, done
  /// @throws IllegalArgumentException if there is no future
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(
      Collection<? extends F> futures) {
    return wait(futures);
  }

  /// Waits until several futures are done: [#wait(LoopFuture...)] under a name that can be
  /// imported.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param <F> what is waited for: futures, or tasks
  /// @return all of them, done
  /// @throws IllegalArgumentException if there is no future
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(F... futures) {
    return wait(List.of(futures));
  }

  /// Waits for several futures: [#wait(Collection, Duration)] under a name that can be imported.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param timeout the time limit; null for none
  /// @param <F> what is waited for: futures, or tasks
  /// @return which were done at the end, and which were not
  /// @throws IllegalArgumentException if there is no future
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(
      Collection<? extends F> futures, @Nullable Duration timeout) {
    return wait(futures, timeout);
  }

  /// Waits for several futures: [#wait(Collection, Duration, ReturnWhen)] under a name that can be
  /// imported.
  ///
  /// @param futures what to wait for; one that is in it twice counts once
  /// @param timeout the time limit; null for none
  /// @param when what ends the wait
  /// @param <F> what is waited for: futures, or tasks
  /// @return which were done at the end, and which were not
  /// @throws IllegalArgumentException if there is no future
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(
      Collection<? extends F> futures, @Nullable Duration timeout, ReturnWhen when) {
    return wait(futures, timeout, when);
  }

  /// {@return several things that run together, to be had in the order in which they end} Never
  /// suspends; iterating over it does.
  ///
  /// Source: `asyncio.as_completed`.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Collection<? extends Awaitable<? extends T>> awaitables) {
    return Tasks.asCompleted(awaitables, null);
  }

  /// {@return several things that run together, to be had in the order in which they end} As
  /// [#asCompleted(Collection)].
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param <T> the common type of the results
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Awaitable<? extends T>... awaitables) {
    return asCompleted(List.of(awaitables));
  }

  /// {@return several things that run together, to be had in the order in which they end} As
  /// [#asCompleted(Collection)].
  ///
  /// This call never throws the [TimeoutException], the steps do: the loop over them. It is
  /// declared here so that a `catch` around both compiles.
  ///
  /// @param awaitables futures, and bodies to make tasks of; an equal one counts once
  /// @param timeout the time limit for all steps together, from this call on; null for none
  /// @param <T> the common type of the results
  /// @throws TimeoutException from a step, if the time limit expired before something ended for it
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Collection<? extends Awaitable<? extends T>> awaitables, @Nullable Duration timeout)
      throws TimeoutException {
    return Tasks.asCompleted(awaitables, timeout);
  }

  /// Runs a body under a deadline. Coroutine only; suspends where the body does.
  ///
  /// Source: `asyncio.timeout`.
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run; its argument can move the deadline
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the time limit expired and nothing else cancelled the task
  public static <T extends @Nullable Object> T timeout(
      @Nullable Duration delay, Timeout.Body<T> body) throws TimeoutException {
    return Timeout.within(delay, body);
  }

  /// Runs a body under a deadline; as [#timeout(Duration, Timeout.Body)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the time limit expired and nothing else cancelled the task
  public static <T extends @Nullable Object> T timeout(@Nullable Duration delay, Coro<T> body)
      throws TimeoutException {
    return Timeout.within(delay, _ -> body.run());
  }

  /// Runs a body without a result under a deadline; as [#timeout(Duration, Timeout.Body)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @throws TimeoutException if the time limit expired and nothing else cancelled the task
  public static void timeout(@Nullable Duration delay, Coro.Action body) throws TimeoutException {
    Void _ = timeout(delay, Coro.of(body));
  }

  /// Runs a body under a deadline on the loop's clock; as [#timeout(Duration, Timeout.Body)].
  ///
  /// Source: `asyncio.timeout_at`.
  ///
  /// @param when the deadline, on the clock of [Loop#time]; null for none
  /// @param body what to run; its argument can move the deadline
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  public static <T extends @Nullable Object> T timeoutAt(
      @Nullable Duration when, Timeout.Body<T> body) throws TimeoutException {
    return Timeout.at(when).with(body);
  }

  /// Runs a body under a deadline on the loop's clock; as [#timeoutAt(Duration, Timeout.Body)].
  ///
  /// @param when the deadline, on the clock of [Loop#time]; null for none
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  public static <T extends @Nullable Object> T timeoutAt(@Nullable Duration when, Coro<T> body)
      throws TimeoutException {
    return Timeout.at(when).with(_ -> body.run());
  }

  /// Runs a body without a result under a deadline on the loop's clock; as [#timeoutAt(Duration,
  /// Timeout.Body)].
  ///
  /// @param when the deadline, on the clock of [Loop#time]; null for none
  /// @param body what to run
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  public static void timeoutAt(@Nullable Duration when, Coro.Action body) throws TimeoutException {
    Void _ = timeoutAt(when, Coro.of(body));
  }

  /// {@return a future of the same outcome, whose cancellation leaves the original alone} Never
  /// suspends.
  ///
  /// Source: `asyncio.shield`.
  ///
  /// @param awaitable a future, or a body to make a task of
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> LoopFuture<T> shield(
      Awaitable<? extends T> awaitable) {
    return Tasks.shield(awaitable);
  }

  /// {@return a future of a body without a result, whose cancellation leaves the body's task alone}
  /// As [#shield(Awaitable)].
  ///
  /// @param body what to run as a task
  public static LoopFuture<@Nullable Void> shield(Coro.Action body) {
    return Tasks.shield(Coro.of(body));
  }

  /// Runs a body to its end, even if the task is cancelled meanwhile; as
  /// [CancelScope#shielding(Coro)].
  ///
  /// Coroutine only; suspends where the body does. No asyncio equivalent.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public static <T extends @Nullable Object> T shielding(Coro<T> body) {
    return CancelScope.shielding(body);
  }

  /// Runs a body without a result to its end; as [#shielding(Coro)].
  ///
  /// @param body what to run
  public static void shielding(Coro.Action body) {
    CancelScope.shielding(body);
  }

  /// Runs a body with a time limit, and goes on after it either way; as
  /// [CancelScope#moveOnAfter(Duration, Coro)].
  ///
  /// Coroutine only; suspends where the body does. No asyncio equivalent.
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run; its result must not be null
  /// @param <T> the type of the result
  /// @return what the body returned; empty if the limit ended it
  public static <T> Optional<T> moveOnAfter(@Nullable Duration delay, Coro<T> body) {
    return CancelScope.moveOnAfter(delay, body);
  }

  /// Runs a body without a result with a time limit; as [#moveOnAfter(Duration, Coro)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @return whether the body ran to its end; false if the limit ended it
  public static boolean moveOnAfter(@Nullable Duration delay, Coro.Action body) {
    return CancelScope.moveOnAfter(delay, body);
  }

  /// Runs a body as a task of a loop, from any thread. Waiting for it on the loop's own thread
  /// deadlocks.
  ///
  /// If the loop closes first, the future is cancelled; the `CancellationException` says "Event
  /// loop is closed" unless the body was cancelled itself. A call that meets the closing is
  /// refused, or its future is cancelled.
  ///
  /// Source: `asyncio.run_coroutine_threadsafe`.
  ///
  /// @param body what to run
  /// @param loop the loop
  /// @param <T> the type of the result
  /// @return a future for other threads; cancelling it cancels the task
  /// @throws IllegalStateException if the loop is closed
  public static <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(
      Coro<T> body, Loop loop) {
    return Tasks.runCoroutineThreadsafe(body, loop);
  }

  /// Runs a body without a result as a task of a loop, from any thread; as
  /// [#runCoroutineThreadsafe(Coro, Loop)].
  ///
  /// @param body what to run
  /// @param loop the loop
  /// @return a future for other threads; cancelling it cancels the task
  /// @throws IllegalStateException if the loop is closed
  public static CompletableFuture<@Nullable Void> runCoroutineThreadsafe(
      Coro.Action body, Loop loop) {
    return Tasks.runCoroutineThreadsafe(Coro.of(body), loop);
  }

  /// {@return a future of the running loop with a stage's outcome} Never suspends.
  ///
  /// Cancelling it cancels the stage, with `cancel(true)`: the JDK's `HttpClient` ends an exchange
  /// at this only. Wrap a stage that others use as well once, and wait for a [#shield] of the
  /// wrapper.
  ///
  /// Source: `asyncio.wrap_future`.
  ///
  /// @param stage the stage, completed by any thread
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> LoopFuture<T> wrapFuture(CompletionStage<T> stage) {
    return Tasks.wrapFuture(stage);
  }

  /// Runs something on another thread, in a copy of the caller's context, and waits for it. For
  /// work that computes, that must outlive its caller, or that blocks where a virtual thread cannot
  /// let go of its carrier. Coroutine only; suspends.
  ///
  /// The work runs on a platform thread of the loop's default executor, which has at most `min(32,
  /// processors + 4)` of them. If all are busy the work waits in line. So a job must not wait for
  /// another job.
  ///
  /// A blocking call on a socket, a lock or a queue needs none of this, nor does `Thread.sleep`: it
  /// suspends the coroutine that makes it. Reading or writing a file or a pipe, `System.in`,
  /// looking up a host name and calling native code do not suspend: they hold up the loop until
  /// they return. Do them here.
  ///
  /// Source: `asyncio.to_thread`.
  ///
  /// Throws what the work threw, the very object, undeclared.
  ///
  /// @param work what to run; cancelling the caller keeps it from starting, but does not stop or
  ///   interrupt it once it runs
  /// @param <T> the type of the result
  /// @return its result
  /// @throws IllegalStateException if the default executor was shut down
  public static <T extends @Nullable Object> T toThread(Callable<T> work) {
    return Tasks.toThread(work);
  }

  /// Runs something without a result on another thread, and waits for it; as [#toThread(Callable)].
  ///
  /// @param work what to run
  /// @throws IllegalStateException if the default executor was shut down
  public static void toThread(Coro.Action work) {
    Void _ = Tasks.toThread(Coro.of(work)::run);
  }

  /// {@return a future of the result of something that runs on another thread} Never suspends. As
  /// [#toThread(Callable)], but the caller's context is not passed on.
  ///
  /// Source: `loop.run_in_executor(None, …)`.
  ///
  /// @param work what to run, on the running loop's default executor
  /// @param <T> the type of the result
  /// @throws IllegalStateException if the default executor was shut down
  public static <T extends @Nullable Object> LoopFuture<T> runInExecutor(Callable<T> work) {
    return Tasks.runInExecutor(Loop.running(), null, work);
  }

  /// {@return a future of the result of something that an executor runs} Never suspends.
  ///
  /// Cancelling the future keeps the work from starting, but does not stop it once it runs.
  ///
  /// Source: `loop.run_in_executor`.
  ///
  /// @param executor who runs it; null for the running loop's default executor
  /// @param work what to run
  /// @param <T> the type of the result
  /// @throws java.util.concurrent.RejectedExecutionException if the executor takes no more
  public static <T extends @Nullable Object> LoopFuture<T> runInExecutor(
      @Nullable Executor executor, Callable<T> work) {
    return Tasks.runInExecutor(Loop.running(), executor, work);
  }

  /// {@return where the calling task stands, who waits for it, who waits for those, and so on; null
  /// in a callback} Never suspends.
  ///
  /// Source: `asyncio.capture_call_graph`.
  ///
  /// @throws IllegalStateException if no loop is running here
  public static @Nullable FutureCallGraph captureCallGraph() {
    return FutureCallGraph.capture(null, Integer.MAX_VALUE);
  }

  /// {@return where a future or task stands, and who waits for it} As [#captureCallGraph()].
  ///
  /// @param future the future
  public static FutureCallGraph captureCallGraph(LoopFuture<?> future) {
    return captureCallGraph(future, Integer.MAX_VALUE);
  }

  /// {@return where a future or task stands, and who waits for it} As [#captureCallGraph()].
  ///
  /// @param future the future
  /// @param limit how many frames of each stack: the innermost ones, or the outermost if it is
  ///   negative; zero for none
  public static FutureCallGraph captureCallGraph(LoopFuture<?> future, int limit) {
    return Objects.requireNonNull(FutureCallGraph.capture(future, limit));
  }

  /// {@return the calling task's call graph as a text; empty in a callback} Never suspends.
  ///
  /// Source: `asyncio.format_call_graph`.
  ///
  /// @throws IllegalStateException if no loop is running here
  public static String formatCallGraph() {
    FutureCallGraph graph = captureCallGraph();
    return graph == null ? "" : graph.format();
  }

  /// {@return a future's call graph as a text} Never suspends.
  ///
  /// @param future the future
  public static String formatCallGraph(LoopFuture<?> future) {
    return captureCallGraph(future).format();
  }

  /// Prints a future's call graph. Never suspends.
  ///
  /// Source: `asyncio.print_call_graph`.
  ///
  /// @param future the future
  /// @param out where to
  public static void printCallGraph(LoopFuture<?> future, PrintStream out) {
    out.println(formatCallGraph(future));
  }

  /// Runs a loop until something is done, and returns its result. For a thread on which no loop
  /// runs.
  ///
  /// Source: `loop.run_until_complete`.
  ///
  /// @param loop the loop
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the loop was stopped before it was done
  public static <T extends @Nullable Object> T runUntilComplete(
      Loop loop, Awaitable<? extends T> awaitable) {
    return Tasks.runUntilComplete(loop, awaitable);
  }

  /// Calls something on the running loop whenever this process gets a signal, until the loop
  /// closes. Never suspends.
  ///
  /// A handler that the loop has for the signal already is replaced. What would happen to the
  /// signal otherwise does not: a handler for `INT` or `TERM` takes the place of cancelling the
  /// main task. Signals that come fast may be merged by the system. Several loops may handle one
  /// signal.
  ///
  /// Source: `loop.add_signal_handler`; on any thread.
  ///
  /// @param signal its name, such as `HUP` or `SIGHUP`
  /// @param callback what to call, in a copy of the current context
  /// @throws IllegalArgumentException if there is no such signal here, or it cannot be caught, or
  ///   the JVM keeps it for itself
  /// @throws IllegalStateException if no loop is running here
  public static void addSignalHandler(String signal, Callback callback) {
    LoopSignals.of(Loop.running()).add(signal, callback);
  }

  /// Takes back what [#addSignalHandler] did for the running loop; what was there before handles
  /// the signal again. Never suspends.
  ///
  /// Source: `loop.remove_signal_handler`.
  ///
  /// @param signal its name
  /// @return whether the loop had a handler for it
  /// @throws IllegalStateException if no loop is running here
  public static boolean removeSignalHandler(String signal) {
    return LoopSignals.of(Loop.running()).remove(signal);
  }
}
