package io.loop;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.scope.CancelScope;
import io.loop.scope.Timeout;
import io.loop.signal.LoopSignals;
import io.loop.task.Awaitable;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskFactory;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
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
/// Unless stated otherwise, call a method from a coroutine or callback of the running loop. A
/// method that awaits documents whether it always suspends; unless stated otherwise, only a
/// suspension is a cancellation point.
///
/// Source: the module `asyncio`, Python 3.15.
public final class Asyncio {

  /*
   * A single long class, because it corresponds to the module asyncio and is imported as one. Each
   * function is one line of code below its contract. The implementations are elsewhere.
   */

  private Asyncio() {}

  /// Runs a body on a new loop until it finishes. This is the entry point of a program.
  ///
  /// Afterwards the remaining tasks are cancelled and awaited, and the loop is closed. For a thread
  /// on which no loop is running. For signals, see [Runner#run].
  ///
  /// A [ScopedValue] that is bound around this call is not bound in the body; see [Runner#run].
  ///
  /// Source: `asyncio.run`.
  ///
  /// Throws whatever the body threw: the same object, undeclared.
  ///
  /// @param main the body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread
  public static <T extends @Nullable Object> T run(Awaitable<T> main) {
    return run(main, Runner.Options.DEFAULT);
  }

  /// Runs a body without a result on a new loop until it finishes; like [#run(Awaitable)].
  ///
  /// @param main the body
  public static void run(Coro.Action main) {
    run(Coro.of(main));
  }

  /// Runs a body on a new loop until it finishes; like [#run(Awaitable)].
  ///
  /// @param main the body
  /// @param options how the loop is created and run
  /// @param <T> the type of the result
  /// @return the result
  public static <T extends @Nullable Object> T run(Awaitable<T> main, Runner.Options options) {
    try (var runner = new Runner(options)) {
      return runner.run(main);
    }
  }

  /// Runs a body without a result on a new loop until it finishes; like [#run(Awaitable)].
  ///
  /// @param main the body
  /// @param options how the loop is created and run
  public static void run(Coro.Action main, Runner.Options options) {
    run(Coro.of(main), options);
  }

  /// {@return a new task that runs a body, starting in the next tick} Never suspends.
  ///
  /// Source: `asyncio.create_task`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @throws IllegalStateException if no loop is running on this thread
  public static <T extends @Nullable Object> Task<T> createTask(Coro<T> body) {
    return createTask(body, TaskOptions.DEFAULT);
  }

  /// {@return a new task that runs a body without a result, starting in the next tick} Never
  /// suspends.
  ///
  /// @param body what to run
  /// @throws IllegalStateException if no loop is running on this thread
  public static Task<@Nullable Void> createTask(Coro.Action body) {
    return createTask(Coro.of(body), TaskOptions.DEFAULT);
  }

  /// {@return a new task that runs a body} Never suspends.
  ///
  /// @param body what to run
  /// @param options name, context and eager start
  /// @param <T> the type of the result
  /// @throws IllegalStateException if no loop is running on this thread
  public static <T extends @Nullable Object> Task<T> createTask(Coro<T> body, TaskOptions options) {
    return Task.create(Loop.running(), body, options);
  }

  /// {@return a new task that runs a body without a result} Never suspends.
  ///
  /// @param body what to run
  /// @param options name, context and eager start
  /// @throws IllegalStateException if no loop is running on this thread
  public static Task<@Nullable Void> createTask(Coro.Action body, TaskOptions options) {
    return createTask(Coro.of(body), options);
  }

  /// Sets the factory that creates the running loop's tasks from now on. [TaskFactory#EAGER] starts
  /// each task immediately. Never suspends.
  ///
  /// Source: `loop.set_task_factory`.
  ///
  /// @param factory the factory; null for the default
  /// @throws IllegalStateException if no loop is running on this thread
  public static void setTaskFactory(@Nullable TaskFactory factory) {
    Tasks.setTaskFactory(Loop.running(), factory);
  }

  /// {@return the awaitable itself if it is a future, otherwise a new task that runs it} Never
  /// suspends.
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

  /// Suspends the calling coroutine for a given time. Coroutine only; always a cancellation point.
  ///
  /// A positive delay always suspends. A delay of zero or less lets everything that is ready run
  /// once; it may return without suspending if nothing is ready.
  ///
  /// Source: `asyncio.sleep`.
  ///
  /// @param delay how long; zero or less to yield for one tick
  public static void sleep(Duration delay) {
    Tasks.<@Nullable Void>sleep(delay, null);
  }

  /// Suspends the calling coroutine for a given time; like [#sleep(Duration)].
  ///
  /// @param delay how long; zero or less to yield for one tick
  /// @param result what to return
  /// @param <T> its type
  /// @return the result
  public static <T extends @Nullable Object> T sleep(Duration delay, T result) {
    return Tasks.sleep(delay, result);
  }

  /// {@return a future of the results of several awaitables, in argument order} The awaitables run
  /// concurrently. Never suspends.
  ///
  /// The future fails with the first failure, while the other awaitables keep running. Cancelling
  /// the future cancels all of them.
  ///
  /// Source: `asyncio.gather`.
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param <T> the common type of the results
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> LoopFuture<List<T>> gather(
      Awaitable<? extends T>... awaitables) {
    return Tasks.gather(List.of(awaitables));
  }

  /// {@return a future of the results of several awaitables, in argument order} Like
  /// [#gather(Awaitable...)].
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> LoopFuture<List<T>> gather(
      List<? extends Awaitable<? extends T>> awaitables) {
    return Tasks.gather(awaitables);
  }

  /// {@return a future that is done when several bodies without a result have finished} Like
  /// [#gather(Awaitable...)]; its result is a list of nulls.
  ///
  /// @param bodies what to run
  public static LoopFuture<List<@Nullable Void>> gather(Coro.Action... bodies) {
    return Tasks.gather(Stream.of(bodies).map(Coro::of).toList());
  }

  /// {@return a future of the results of several awaitables, in argument order; for one that
  /// failed, the list holds the exception} Never suspends.
  ///
  /// Source: `asyncio.gather(return_exceptions=True)`.
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  public static LoopFuture<List<@Nullable Object>> gatherReturnExceptions(
      Awaitable<?>... awaitables) {
    return gatherReturnExceptions(List.of(awaitables));
  }

  /// {@return a future of the results of several awaitables, in argument order; for one that
  /// failed, the list holds the exception} Never suspends.
  ///
  /// Source: `asyncio.gather(return_exceptions=True)`.
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  public static LoopFuture<List<@Nullable Object>> gatherReturnExceptions(
      List<? extends Awaitable<?>> awaitables) {
    return Tasks.gatherReturnExceptions(Loop.running(), awaitables);
  }

  /// {@return a future of the results of several awaitables, in argument order} The first failure
  /// cancels the others; the future fails with it once they have finished. Cancelling the future
  /// cancels all of them. Never suspends.
  ///
  /// No asyncio equivalent; a [io.loop.scope.TaskGroup] does the same for a scope.
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> LoopFuture<List<T>> gatherCancelSiblings(
      List<? extends Awaitable<? extends T>> awaitables) {
    return Tasks.gatherCancelSiblings(awaitables);
  }

  /// {@return a future of the results of several awaitables, in argument order} Like
  /// [#gatherCancelSiblings(List)].
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param <T> the common type of the results
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> LoopFuture<List<T>> gatherCancelSiblings(
      Awaitable<? extends T>... awaitables) {
    return gatherCancelSiblings(List.of(awaitables));
  }

  /// Starts bodies one after another until one succeeds. The next body starts when the previous one
  /// has failed or the delay has elapsed. Coroutine only; suspends.
  ///
  /// Source: `asyncio.staggered.staggered_race`; happy eyeballs, RFC 8305.
  ///
  /// @param bodies what to try, in order
  /// @param delay how long to wait before the next body is started as well; null to wait until the
  ///   previous one has failed
  /// @param <T> the type of the result
  /// @return the first success, and the outcomes of the others; all bodies have finished
  /// @throws CancelledError if the calling task was cancelled; all bodies have finished
  public static <T extends @Nullable Object> RaceResult<T> staggeredRace(
      List<? extends Coro<? extends T>> bodies, @Nullable Duration delay) {
    return new StaggeredRace<T>(Loop.running(), bodies, delay).run();
  }

  /// Awaits `awaitable` with a time limit. Coroutine only; suspends if it has to wait.
  ///
  /// A body runs in the calling task. If the timeout is zero or less, it never starts. What it
  /// throws is thrown on, undeclared: the compiler allows `catch (IOException e)` only inside it.
  ///
  /// Source: `asyncio.wait_for`.
  ///
  /// @param awaitable what to await
  /// @param timeout the time limit; null for none
  /// @param <T> the type of the result
  /// @return the result
  /// @throws TimeoutException if the time limit expired; the awaitable was cancelled and has
  ///   finished
  public static <T extends @Nullable Object> T waitFor(
      Awaitable<? extends T> awaitable, @Nullable Duration timeout) throws TimeoutException {
    return WaitFor.waitFor(awaitable, timeout);
  }

  /// Runs a body without a result, with a time limit; like [#waitFor(Awaitable, Duration)].
  ///
  /// @param body what to run
  /// @param timeout the time limit; null for none
  /// @throws TimeoutException if the time limit expired; the body was cancelled and has finished
  public static void waitFor(Coro.Action body, @Nullable Duration timeout) throws TimeoutException {
    Void _ = WaitFor.waitFor(Coro.of(body), timeout);
  }

  /// Waits until several futures are done. Coroutine only; always suspends.
  ///
  /// Call it with the class name, or import [#waitFutures(Collection)]: [Object#wait] hides a
  /// static import of `wait`.
  ///
  /// Source: `asyncio.wait`.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param <F> the type of the futures
  /// @return the result, with all futures in its `done` set
  /// @throws IllegalArgumentException if `futures` is empty
  public static <F extends LoopFuture<?>> WaitResult<F> wait(Collection<? extends F> futures) {
    return Wait.on(futures, null, ReturnWhen.ALL_COMPLETED);
  }

  /// Waits until several futures are done; like [#wait(Collection)].
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param <F> the type of the futures
  /// @return the result, with all futures in its `done` set
  /// @throws IllegalArgumentException if `futures` is empty
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <F extends LoopFuture<?>> WaitResult<F> wait(F... futures) {
    return wait(List.of(futures));
  }

  /// Waits until several futures are done, with a time limit. Coroutine only; always suspends.
  ///
  /// No future is cancelled, neither when the limit expires nor when the caller is cancelled.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param timeout the time limit; null for none
  /// @param <F> the type of the futures
  /// @return the futures that are done, and those still pending
  /// @throws IllegalArgumentException if `futures` is empty
  public static <F extends LoopFuture<?>> WaitResult<F> wait(
      Collection<? extends F> futures, @Nullable Duration timeout) {
    return wait(futures, timeout, ReturnWhen.ALL_COMPLETED);
  }

  /// Waits for several futures. Coroutine only; always suspends, always a cancellation point.
  ///
  /// No future is cancelled, neither when the limit expires nor when the caller is cancelled.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param timeout the time limit; null for none
  /// @param when the condition that ends the wait
  /// @param <F> the type of the futures
  /// @return the futures that are done, and those still pending
  /// @throws IllegalArgumentException if `futures` is empty
  /// @throws CancelledError if the calling task was cancelled
  public static <F extends LoopFuture<?>> WaitResult<F> wait(
      Collection<? extends F> futures, @Nullable Duration timeout, ReturnWhen when) {
    return Wait.on(futures, timeout, when);
  }

  /// Waits until several futures are done: [#wait(Collection)] under a name that can be imported.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param <F> the type of the futures
  /// @return the result, with all futures in its `done` set
  /// @throws IllegalArgumentException if `futures` is empty
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(
      Collection<? extends F> futures) {
    return wait(futures);
  }

  /// Waits until several futures are done: [#wait(LoopFuture...)] under a name that can be
  /// imported.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param <F> the type of the futures
  /// @return the result, with all futures in its `done` set
  /// @throws IllegalArgumentException if `futures` is empty
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(F... futures) {
    return wait(List.of(futures));
  }

  /// Waits for several futures: [#wait(Collection, Duration)] under a name that can be imported.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param timeout the time limit; null for none
  /// @param <F> the type of the futures
  /// @return the futures that are done, and those still pending
  /// @throws IllegalArgumentException if `futures` is empty
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(
      Collection<? extends F> futures, @Nullable Duration timeout) {
    return wait(futures, timeout);
  }

  /// Waits for several futures: [#wait(Collection, Duration, ReturnWhen)] under a name that can be
  /// imported.
  ///
  /// @param futures the futures to wait for; duplicates count once
  /// @param timeout the time limit; null for none
  /// @param when the condition that ends the wait
  /// @param <F> the type of the futures
  /// @return the futures that are done, and those still pending
  /// @throws IllegalArgumentException if `futures` is empty
  public static <F extends LoopFuture<?>> WaitResult<F> waitFutures(
      Collection<? extends F> futures, @Nullable Duration timeout, ReturnWhen when) {
    return wait(futures, timeout, when);
  }

  /// {@return an iterable over several awaitables in the order in which they finish} The awaitables
  /// run concurrently. Never suspends; the iteration does.
  ///
  /// Source: `asyncio.as_completed`.
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param <T> the common type of the results
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Collection<? extends Awaitable<? extends T>> awaitables) {
    return new AsCompleted<>(Loop.running(), awaitables, null);
  }

  /// {@return an iterable over several awaitables in the order in which they finish} Like
  /// [#asCompleted(Collection)].
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param <T> the common type of the results
  @SafeVarargs
  @SuppressWarnings("varargs") // the array is only read
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Awaitable<? extends T>... awaitables) {
    return asCompleted(List.of(awaitables));
  }

  /// {@return an iterable over several awaitables in the order in which they finish, with a time
  /// limit} Like [#asCompleted(Collection)].
  ///
  /// This call itself never throws [TimeoutException]; the steps of the iteration do. The exception
  /// is declared here so that a `catch` around both compiles.
  ///
  /// @param awaitables futures, and bodies to run as tasks; duplicates are awaited once
  /// @param timeout the time limit for all steps together, from this call on; null for none
  /// @param <T> the common type of the results
  /// @throws TimeoutException from a step, if the time limit expired before the next awaitable
  ///   finished
  public static <T extends @Nullable Object> AsCompleted<T> asCompleted(
      Collection<? extends Awaitable<? extends T>> awaitables, @Nullable Duration timeout)
      throws TimeoutException {
    return new AsCompleted<>(Loop.running(), awaitables, timeout);
  }

  /// Runs a body under a deadline. Coroutine only; suspends where the body does.
  ///
  /// What the body throws is thrown on, undeclared: the compiler allows `catch (IOException e)`
  /// only inside it.
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

  /// Runs a body under a deadline; like [#timeout(Duration, Timeout.Body)].
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

  /// Runs a body without a result under a deadline; like [#timeout(Duration, Timeout.Body)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @throws TimeoutException if the time limit expired and nothing else cancelled the task
  public static void timeout(@Nullable Duration delay, Coro.Action body) throws TimeoutException {
    Void _ = timeout(delay, Coro.of(body));
  }

  /// Runs a body under a deadline on the loop's clock; like [#timeout(Duration, Timeout.Body)].
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

  /// Runs a body under a deadline on the loop's clock; like [#timeoutAt(Duration, Timeout.Body)].
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

  /// Runs a body without a result under a deadline on the loop's clock; like [#timeoutAt(Duration,
  /// Timeout.Body)].
  ///
  /// @param when the deadline, on the clock of [Loop#time]; null for none
  /// @param body what to run
  /// @throws TimeoutException if the deadline passed and nothing else cancelled the task
  public static void timeoutAt(@Nullable Duration when, Coro.Action body) throws TimeoutException {
    Void _ = timeoutAt(when, Coro.of(body));
  }

  /// {@return a future with the outcome of an awaitable; cancelling the future, or a task that
  /// awaits it, does not cancel the awaitable} Never suspends.
  ///
  /// Source: `asyncio.shield`.
  ///
  /// @param awaitable a future, or a body to run as a task
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> LoopFuture<T> shield(
      Awaitable<? extends T> awaitable) {
    return Shield.around(ensureFuture(awaitable));
  }

  /// {@return a future of a body without a result, which runs as a task; cancelling the future does
  /// not cancel the task} Like [#shield(Awaitable)].
  ///
  /// @param body what to run as a task
  public static LoopFuture<@Nullable Void> shield(Coro.Action body) {
    return shield(Coro.of(body));
  }

  /// Runs a body to completion, even if the task is cancelled meanwhile; like
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

  /// Runs a body without a result to completion; like [#shielding(Coro)].
  ///
  /// @param body what to run
  public static void shielding(Coro.Action body) {
    CancelScope.shielding(body);
  }

  /// Runs a body with a time limit, and returns normally if the limit expires; like
  /// [CancelScope#moveOnAfter(Duration, Coro)].
  ///
  /// Coroutine only; suspends where the body does. No asyncio equivalent.
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run; its result must not be null
  /// @param <T> the type of the result
  /// @return what the body returned; empty if the limit expired and ended it
  public static <T> Optional<T> moveOnAfter(@Nullable Duration delay, Coro<T> body) {
    return CancelScope.moveOnAfter(delay, body);
  }

  /// Runs a body without a result, with a time limit; like [#moveOnAfter(Duration, Coro)].
  ///
  /// @param delay the time limit; null for none
  /// @param body what to run
  /// @return true if the body completed; false if the limit expired and ended it
  public static boolean moveOnAfter(@Nullable Duration delay, Coro.Action body) {
    return CancelScope.moveOnAfter(delay, body);
  }

  /// Runs a body as a task of a loop. Any thread, but waiting for the future on the loop's own
  /// thread deadlocks.
  ///
  /// A time-out of the waiting thread ends only the wait.
  ///
  /// If the loop closes first, the future is cancelled. The message of the `CancellationException`
  /// is then "Event loop is closed", unless the body itself was cancelled. A call that races with
  /// the close either throws or returns a future that is cancelled.
  ///
  /// Source: `asyncio.run_coroutine_threadsafe`.
  ///
  /// @param body what to run
  /// @param loop the loop
  /// @param <T> the type of the result
  /// @return a future for use by other threads; cancelling it cancels the task
  /// @throws IllegalStateException if the loop is closed
  public static <T extends @Nullable Object> CompletableFuture<T> runCoroutineThreadsafe(
      Coro<T> body, Loop loop) {
    return Tasks.runCoroutineThreadsafe(body, loop);
  }

  /// Runs a body without a result as a task of a loop. Any thread; like
  /// [#runCoroutineThreadsafe(Coro, Loop)].
  ///
  /// @param body what to run
  /// @param loop the loop
  /// @return a future for use by other threads; cancelling it cancels the task
  /// @throws IllegalStateException if the loop is closed
  public static CompletableFuture<@Nullable Void> runCoroutineThreadsafe(
      Coro.Action body, Loop loop) {
    return Tasks.runCoroutineThreadsafe(Coro.of(body), loop);
  }

  /// {@return a future of the running loop that completes with the outcome of a stage} Never
  /// suspends.
  ///
  /// Cancelling the future cancels the stage with `cancel(true)`, because the JDK's `HttpClient`
  /// aborts an exchange only then. Cancelling the stage cancels the future.
  ///
  /// If a stage has several users, none of them should cancel it. Wrap it once, and let each await
  /// a [#shield] of the wrapper. A shield removes its callback when the wait ends; a callback
  /// cannot be removed from a `CompletableFuture`.
  ///
  /// Source: `asyncio.wrap_future`.
  ///
  /// @param stage the stage, which any thread may complete
  /// @param <T> the type of the result
  public static <T extends @Nullable Object> LoopFuture<T> wrapFuture(CompletionStage<T> stage) {
    return Tasks.wrapFuture(stage);
  }

  /// Runs `work` on another thread, in a copy of the caller's context, and waits for its result.
  /// Use it for computation, for work that must outlive its caller, and for calls that block a
  /// virtual thread without releasing its carrier. Coroutine only; suspends.
  ///
  /// The work runs on a platform thread of the loop's default executor, which has at most `min(32,
  /// processors + 4)` threads. If all are busy, the work is queued. Work must therefore not wait
  /// for other work in the same executor.
  ///
  /// Blocking calls on a socket, a lock or a queue, and `Thread.sleep`, do not need this method:
  /// they suspend the calling coroutine. Reading or writing a file, a pipe or `System.in`, looking
  /// up a host name and calling native code do not suspend; they block the loop until they return.
  /// Run those here.
  ///
  /// Source: `asyncio.to_thread`.
  ///
  /// Any other blocking call in a coroutine is interrupted when the task is cancelled. Throws
  /// whatever the work threw: the same object, undeclared.
  ///
  /// @param work what to run; if the caller is cancelled, work that has not started never starts,
  ///   and work that is running is neither stopped nor interrupted
  /// @param <T> the type of the result
  /// @return its result
  /// @throws IllegalStateException if the default executor was shut down
  /// @throws CancelledError if the calling task was cancelled
  public static <T extends @Nullable Object> T toThread(Callable<T> work) {
    return Tasks.toThread(work);
  }

  /// Runs work without a result on another thread, and waits until it finishes; like
  /// [#toThread(Callable)].
  ///
  /// @param work what to run
  /// @throws IllegalStateException if the default executor was shut down
  public static void toThread(Coro.Action work) {
    Void _ = Tasks.toThread(Coro.of(work)::run);
  }

  /// {@return a future of the result of work that runs on another thread} Never suspends. Like
  /// [#toThread(Callable)], but does not pass on the caller's context.
  ///
  /// Source: `loop.run_in_executor(None, …)`.
  ///
  /// @param work what to run, on the running loop's default executor
  /// @param <T> the type of the result
  /// @throws IllegalStateException if the default executor was shut down
  public static <T extends @Nullable Object> LoopFuture<T> runInExecutor(Callable<T> work) {
    return Tasks.runInExecutor(Loop.running(), null, work);
  }

  /// {@return a future of the result of work that an executor runs} Never suspends.
  ///
  /// Cancelling the future prevents work that has not started from starting. Running work continues
  /// without an interrupt, and its result is discarded. Closing the loop does not wait for the
  /// work: queued work still runs, and its result is discarded. The caller's context is not passed
  /// on.
  ///
  /// Source: `loop.run_in_executor`.
  ///
  /// @param executor the executor that runs it; null for the running loop's default executor, which
  ///   has at most `min(32, processors + 4)` platform threads, started on demand, and queues work
  ///   while all are busy
  /// @param work what to run
  /// @param <T> the type of the result
  /// @throws IllegalStateException if the default executor was shut down
  /// @throws java.util.concurrent.RejectedExecutionException if the executor rejects the work
  public static <T extends @Nullable Object> LoopFuture<T> runInExecutor(
      @Nullable Executor executor, Callable<T> work) {
    return Tasks.runInExecutor(Loop.running(), executor, work);
  }

  /// {@return the call graph of the calling task, or null in a callback} The graph has the stacks
  /// of the task and of the tasks that await it, directly or indirectly. Never suspends.
  ///
  /// Source: `asyncio.capture_call_graph`.
  ///
  /// @throws IllegalStateException if no loop is running on this thread
  public static @Nullable FutureCallGraph captureCallGraph() {
    return FutureCallGraph.capture(null, Integer.MAX_VALUE);
  }

  /// {@return the call graph of a future or task} Like [#captureCallGraph()].
  ///
  /// @param future the future
  public static FutureCallGraph captureCallGraph(LoopFuture<?> future) {
    return captureCallGraph(future, Integer.MAX_VALUE);
  }

  /// {@return the call graph of a future or task} Like [#captureCallGraph()].
  ///
  /// @param future the future
  /// @param limit the number of frames of each stack: the innermost ones if positive, the outermost
  ///   ones if negative; zero for none
  public static FutureCallGraph captureCallGraph(LoopFuture<?> future, int limit) {
    return Objects.requireNonNull(FutureCallGraph.capture(future, limit));
  }

  /// {@return the calling task's call graph as text; empty in a callback} Never suspends.
  ///
  /// Source: `asyncio.format_call_graph`.
  ///
  /// @throws IllegalStateException if no loop is running on this thread
  public static String formatCallGraph() {
    FutureCallGraph graph = captureCallGraph();
    return graph == null ? "" : graph.format();
  }

  /// {@return a future's call graph as text} Never suspends.
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
  /// @param out the stream to print to
  public static void printCallGraph(LoopFuture<?> future, PrintStream out) {
    out.println(formatCallGraph(future));
  }

  /// Runs a loop until `awaitable` is done, and returns its result. For a thread on which no loop
  /// is running.
  ///
  /// Source: `loop.run_until_complete`.
  ///
  /// @param loop the loop
  /// @param awaitable a future of that loop, or a body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if the loop was stopped before `awaitable` was done
  public static <T extends @Nullable Object> T runUntilComplete(
      Loop loop, Awaitable<? extends T> awaitable) {
    return Tasks.runUntilComplete(loop, awaitable);
  }

  /// Registers a callback that the running loop calls each time this process receives a signal,
  /// until the loop closes. Never suspends.
  ///
  /// Replaces the loop's previous handler for the signal, and the default action: with a handler
  /// for `INT` or `TERM`, the signal does not cancel the main task. The operating system may merge
  /// signals that arrive in quick succession. Several loops may handle the same signal.
  ///
  /// Source: `loop.add_signal_handler`, here not limited to the main thread.
  ///
  /// @param signal the signal's name, such as `HUP` or `SIGHUP`
  /// @param callback the callback, called in a copy of the current context
  /// @throws IllegalArgumentException if this system has no such signal, if it cannot be caught, or
  ///   if the JVM reserves it
  /// @throws IllegalStateException if no loop is running on this thread
  public static void addSignalHandler(String signal, Callback callback) {
    LoopSignals.of(Loop.running()).add(signal, callback);
  }

  /// Removes the running loop's handler for a signal, and restores the action that it replaced.
  /// Never suspends.
  ///
  /// Source: `loop.remove_signal_handler`.
  ///
  /// @param signal the signal's name
  /// @return whether the loop had a handler for the signal
  /// @throws IllegalStateException if no loop is running on this thread
  public static boolean removeSignalHandler(String signal) {
    return LoopSignals.of(Loop.running()).remove(signal);
  }
}
