package io.loop;

import io.loop.base.Throwing;
import io.loop.context.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.signal.Signals;
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

/// Runs several bodies, one after another, on the same loop.
///
/// A runner creates its loop on first use. Closing the runner cancels the remaining tasks and
/// closes the loop. Use it from one thread at a time, platform or virtual. By default the loop runs
/// on the runner's own thread while the caller waits; see [Options#withoutOwnThread].
///
/// Source: `asyncio.Runner`, Python 3.15. Here SIGTERM is handled like SIGINT; see [#run].
public final class Runner implements AutoCloseable {

  /*
   *   CREATED --getLoop, run--> INITIALIZED --close--> CLOSED (final)
   *
   * All runs share one context: a run sees the values that earlier runs set.
   *
   * `interrupted` is set if the caller's thread was interrupted during the current run. It is
   * written and read on the caller's thread.
   */

  /// Options for creating and running the loop.
  ///
  /// @param debug whether debug mode is on; null to keep the setting from the loop factory
  /// @param loopFactory creates the loop
  /// @param handlesSignals whether SIGINT and SIGTERM cancel the main task
  /// @param hasOwnThread whether the loop runs on the runner's own thread
  public record Options(
      @Nullable Boolean debug,
      Supplier<Loop> loopFactory,
      boolean handlesSignals,
      boolean hasOwnThread) {

    /// The default options: debug mode as set by the system property, the best available loop,
    /// signals handled, and the runner's own thread.
    public static final Options DEFAULT = new Options(null, Loop::create, true, true);

    /// Checks that there is a factory.
    public Options {
      Objects.requireNonNull(loopFactory, "loopFactory");
    }

    /// {@return these options with another loop factory}
    ///
    /// @param factory creates the loop
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

    /// {@return these options with the loop running on the thread that calls the runner}
    ///
    /// That thread must be a platform thread, and the same one for every call. It must not hold a
    /// monitor (`synchronized`), because JDK 25 would treat it as held by a coroutine. Interrupting
    /// the thread has no effect.
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

  /// Creates a runner with the default options.
  public Runner() {
    this(Options.DEFAULT);
  }

  /// Creates a runner.
  ///
  /// @param options how to create and run the loop
  public Runner(Options options) {
    this.options = options;
  }

  /// {@return the loop, created if this is the first use}
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

  /// Runs a body as the main task until it finishes.
  ///
  /// The first SIGINT or SIGTERM during the run cancels the main task. A second one ends the
  /// process immediately, with exit code 130 or 143. Interrupting the calling thread cancels the
  /// main task too. If that ends the task, this method throws [InterruptedException], undeclared;
  /// otherwise the thread's interrupt status is set when this method returns or throws.
  ///
  /// The body sees the caller's thread locals that a [io.loop.context.ContextPropagator] carries. A
  /// [ScopedValue] that is bound around this call is not bound in the body, because the body runs
  /// on another thread and the JDK passes bindings only to threads started by a
  /// `StructuredTaskScope`. Bind it inside the body, or use a [io.loop.context.ContextVar], which
  /// child tasks also inherit.
  ///
  /// Throws whatever the body threw: the same object, undeclared.
  ///
  /// @param main the body, or a future of this runner's loop
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread, or this runner is closed
  /// @throws KeyboardInterrupt if SIGINT cancelled the main task and the task ended as cancelled,
  ///   or if the program threw it; uncaught, it ends the process with exit code 130
  /// @throws SystemExit with code 143 if SIGTERM cancelled the main task and the task ended as
  ///   cancelled, or if the program threw it; uncaught, it ends the process with its code
  public <T extends @Nullable Object> T run(Awaitable<T> main) {
    return run(main, null);
  }

  /// Runs a body as the main task, in a given context; like [#run(Awaitable)].
  ///
  /// @param main the body, or a future of this runner's loop
  /// @param chosen the context to run in, used directly rather than copied; null for the context
  ///   that all runs share
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
      running.requireRunnable(); // check before creating a task that would never run
    }
    Task<T> task = Task.create(running, Coro.from(main), TaskOptions.DEFAULT.withContext(used));
    interrupted = false;
    try {
      return onThread(() -> runToItsEnd(running, task), () -> interrupt(running, task));
    } catch (CancelledError cancelled) {
      if (interrupted) {
        interrupted = false;
        var translated =
            new InterruptedException("the thread that called the runner was interrupted");
        translated.initCause(cancelled);
        throw Throwing.rethrow(translated);
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

  /// Runs a body without a result as the main task until it finishes; like [#run(Awaitable)].
  ///
  /// @param main the body
  public void run(Coro.Action main) {
    run(Coro.of(main));
  }

  /// Runs a body without a result as the main task, in a given context; like [#run(Awaitable,
  /// Context)].
  ///
  /// @param main the body
  /// @param chosen the context to run in, used directly rather than copied; null for the context
  ///   that all runs share
  public void run(Coro.Action main, @Nullable Context chosen) {
    run(Coro.of(main), chosen);
  }

  private Context sharedContext() {
    Context shared = Objects.requireNonNull(context, "context");
    shared.recapture(); // the spans and so on of the caller of this run
    return shared;
  }

  /// Cancels and awaits all remaining tasks, waits up to five minutes for the default executor's
  /// work, and closes the loop. Closing again has no effect.
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
              () -> interrupted = true); // continue: closing is what an interrupt asks for
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

  private static void cancelAll(Loop loop) {
    List<Task<?>> left = Task.all(loop);
    if (left.isEmpty()) {
      return;
    }
    Map<Task<?>, @Nullable Context> contexts = new HashMap<>(); // a done task has no context
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
