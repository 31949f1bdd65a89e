package io.loop;

import io.loop.event.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.task.Awaitable;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A loop for several calls of [#run], one after the other.
///
/// Makes its loop at the first use; closing it cancels what is left and closes the loop. For one
/// thread at a time, of any kind. The loop runs on a thread of the runner's own while the caller
/// waits, unless [Options#withoutOwnThread] says otherwise.
///
/// Source: `asyncio.Runner`, Python 3.15. SIGTERM is treated as SIGINT is: see [#run].
public final class Runner implements AutoCloseable {

  /*
   *   CREATED --getLoop, run--> INITIALIZED --close--> CLOSED (final)
   *
   * All runs share one context: what one sets, the next one sees.
   *
   * `interrupted` says that the caller's thread was interrupted in the run that is under way. It is
   * written and read on the caller's thread.
   */

  /// How a runner makes and runs its loop.
  ///
  /// @param debug whether debug mode is on; null leaves it as the loop factory made it
  /// @param loopFactory makes the loop
  /// @param handlesSignals whether SIGINT and SIGTERM cancel the main task
  /// @param hasOwnThread whether the loop runs on a thread of the runner's own
  public record Options(
      @Nullable Boolean debug,
      Supplier<Loop> loopFactory,
      boolean handlesSignals,
      boolean hasOwnThread) {

    /// Debug mode as the system property says, the best loop there is, signals handled, a thread of
    /// its own.
    public static final Options DEFAULT = new Options(null, Loop::create, true, true);

    /// Checks that there is a factory.
    public Options {
      Objects.requireNonNull(loopFactory, "loopFactory");
    }

    /// {@return these options with another way to make the loop}
    ///
    /// @param factory makes the loop
    public Options withLoopFactory(Supplier<Loop> factory) {
      return new Options(debug, factory, handlesSignals, hasOwnThread);
    }

    /// {@return these options with debug mode on or off}
    ///
    /// @param on whether debug mode is on
    public Options withDebug(boolean on) {
      return new Options(on, loopFactory, handlesSignals, hasOwnThread);
    }

    /// {@return these options with signals left to the JVM}
    public Options withoutSignals() {
      return new Options(debug, loopFactory, false, hasOwnThread);
    }

    /// {@return these options with the loop on the thread that calls the runner}
    ///
    /// That must be a platform thread, the same for each call, and it must hold no monitor
    /// (`synchronized`): JDK 25 would take it for a coroutine's. Interrupting it does nothing.
    public Options withoutOwnThread() {
      return new Options(debug, loopFactory, handlesSignals, false);
    }
  }

  private static final Duration EXECUTOR_PATIENCE = Duration.ofMinutes(5);

  private final Options options;
  private @Nullable Loop loop;
  private @Nullable Context context;
  private @Nullable RunnerThread thread;
  private boolean interrupted;
  private boolean closed;

  /// Makes a runner with the default options.
  public Runner() {
    this(Options.DEFAULT);
  }

  /// Makes a runner.
  ///
  /// @param options how it makes and runs its loop
  public Runner(Options options) {
    this.options = options;
  }

  /// {@return the loop, made now if this is the first use}
  ///
  /// @throws IllegalStateException if this runner is closed
  public Loop getLoop() {
    if (closed) {
      throw new IllegalStateException("Runner is closed");
    }
    Loop existing = loop;
    if (existing != null) {
      return existing;
    }
    Loop made = options.loopFactory().get();
    if (options.debug() != null) {
      made.setDebug(options.debug());
    }
    loop = made;
    context = Context.copyCurrent();
    return made;
  }

  /// Runs a body as the main task, to its end.
  ///
  /// The first SIGINT or SIGTERM meanwhile cancels the main task; a second one ends the process at
  /// once, with exit code 130 or 143. Interrupting the calling thread cancels the main task too: if
  /// it ends by that, this throws [InterruptedException], undeclared; else the thread is
  /// interrupted when this returns or throws.
  ///
  /// The body sees the caller's thread locals that a [io.loop.event.ContextPropagator] carries. A
  /// [ScopedValue] that is bound around this call is not bound in the body, which has a thread of
  /// its own: the JDK hands bindings on only to threads that a `StructuredTaskScope` starts. Bind
  /// it inside the body, or use a [io.loop.event.ContextVar], which child tasks inherit too.
  ///
  /// Throws what the body threw, the very object, undeclared.
  ///
  /// @param main the body, or a future of this runner's loop
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread, or this runner is closed
  /// @throws KeyboardInterrupt if SIGINT cancelled the main task, and it ended by that, or if the
  ///   program threw it; if nobody catches it the process ends with exit code 130
  /// @throws SystemExit with code 143, if SIGTERM did, or as the program threw it; if nobody
  ///   catches it the process ends with that code
  public <T extends @Nullable Object> T run(Awaitable<T> main) {
    return run(main, null);
  }

  /// Runs a body as the main task, in a context of the caller's choice; as [#run(Awaitable)].
  ///
  /// @param main the body, or a future of this runner's loop
  /// @param chosen the context it runs in, itself and not a copy; null for the one that all runs
  ///   share
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread, or this runner is closed
  public <T extends @Nullable Object> T run(Awaitable<T> main, @Nullable Context chosen) {
    Objects.requireNonNull(main, "main");
    if (Loop.runningOrNull() != null) {
      throw new IllegalStateException(
          "Runner.run() cannot be called from a running event loop; await the body instead");
    }
    Loop running = getLoop();
    Context used = chosen != null ? chosen : sharedContext();
    if (!options.hasOwnThread()) {
      running.requireRunnable(); // before there is a task that would never run
    }
    Task<T> task = Task.create(running, Coro.from(main), TaskOptions.DEFAULT.withContext(used));
    interrupted = false;
    try {
      return onThread(() -> runToItsEnd(running, task), () -> interrupt(running, task));
    } catch (CancelledError cancelled) {
      if (interrupted) {
        interrupted = false;
        var translated = new InterruptedException("the thread that runs the loop was interrupted");
        translated.initCause(cancelled);
        throw Runner.<Error>sneak(translated);
      }
      throw cancelled;
    } catch (KeyboardInterrupt | SystemExit fatal) {
      ExitWhenUncaught.armCallingThread();
      throw fatal;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private <T extends @Nullable Object> T runToItsEnd(Loop running, Task<T> task) {
    if (!options.handlesSignals()) {
      return Tasks.runUntilComplete(running, task);
    }
    var signals = Signals.watch(running, task);
    try (signals) {
      return Tasks.runUntilComplete(running, task);
    } catch (CancelledError cancelled) {
      throw signals.translate(cancelled);
    }
  }

  private void interrupt(Loop running, Task<?> task) {
    interrupted = true;
    running.callSoonThreadsafe(task::cancel);
  }

  private <T extends @Nullable Object> T onThread(Supplier<T> work, Runnable onInterrupt) {
    if (!options.hasOwnThread()) {
      return work.get();
    }
    if (thread == null) {
      thread = new RunnerThread();
    }
    return thread.call(work::get, onInterrupt);
  }

  /// Runs a body without a result as the main task, to its end; as [#run(Awaitable)].
  ///
  /// @param main the body
  public void run(Coro.Action main) {
    run(Coro.of(main));
  }

  /// Runs a body without a result as the main task, in a context of the caller's choice; as
  /// [#run(Awaitable, Context)].
  ///
  /// @param main the body
  /// @param chosen the context it runs in, itself and not a copy; null for the one that all runs
  ///   share
  public void run(Coro.Action main, @Nullable Context chosen) {
    run(Coro.of(main), chosen);
  }

  private Context sharedContext() {
    Context shared = Objects.requireNonNull(context, "context");
    shared.recapture(); // the spans and the like of the caller who runs this one
    return shared;
  }

  /// Cancels all tasks that are left, waits for them and, for five minutes at most, for the default
  /// executor's work, and closes the loop. Closing twice does nothing.
  ///
  /// A task that fails during this is reported to the exception handler.
  @Override
  public void close() {
    Loop closing = loop;
    closed = true;
    if (closing == null || closing.isClosed()) {
      return;
    }
    interrupted = false;
    try {
      Void _ =
          onThread(
              () -> {
                closeLoop(closing);
                return null;
              },
              () -> interrupted = true); // closing goes on: it is what an interrupt asks for
    } finally {
      if (thread != null) {
        thread.close();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static void closeLoop(Loop closing) {
    try (closing) {
      try {
        cancelAll(closing);
      } finally {
        shutDownExecutor(closing);
      }
    }
  }

  private static void shutDownExecutor(Loop loop) {
    if (Tasks.hasDefaultExecutor(loop)) {
      Tasks.runToItsEnd(
          loop, Coro.of(() -> Tasks.shutdownDefaultExecutor(loop, EXECUTOR_PATIENCE)));
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }

  private static void cancelAll(Loop loop) {
    List<Task<?>> left = Task.all(loop);
    if (left.isEmpty()) {
      return;
    }
    Map<Task<?>, @Nullable Context> contexts = new HashMap<>(); // a done task has none
    left.forEach(task -> contexts.put(task, task.getContext()));
    left.forEach(LoopFuture::cancel);
    Tasks.runToItsEnd(loop, Tasks.gatherReturnExceptions(loop, left));
    for (Task<?> task : left) {
      Throwable fault = task.isCancelled() ? null : task.exception();
      if (fault != null) {
        loop.callExceptionHandler(
            new ExceptionContext(
                "unhandled exception during Asyncio.run() shutdown",
                fault,
                Map.of("task", task),
                contexts.get(task)));
      }
    }
  }
}
