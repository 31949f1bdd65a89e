package io.loop;

import io.loop.event.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A loop for several calls of [#run], one after the other.
///
/// Makes its loop at the first use; closing it cancels what is left and closes the loop. For one
/// thread, which must be a platform thread.
///
/// Source: `asyncio.Runner`, Python 3.15. SIGTERM is treated as SIGINT is: see [#run].
public final class Runner implements AutoCloseable {

  /*
   *   CREATED --getLoop, run--> INITIALIZED --close--> CLOSED (final)
   *
   * All runs share one context: what one sets, the next one sees.
   */

  /// How a runner makes and runs its loop.
  ///
  /// @param debug whether debug mode is on; null leaves it as the loop factory made it
  /// @param loopFactory makes the loop
  /// @param handlesSignals whether SIGINT and SIGTERM cancel the main task
  public record Options(
      @Nullable Boolean debug, Supplier<Loop> loopFactory, boolean handlesSignals) {

    /// Debug mode as the system property says, the best loop there is, signals handled.
    public static final Options DEFAULT = new Options(null, Loop::create, true);

    /// {@return these options with another way to make the loop}
    ///
    /// @param factory makes the loop
    public Options withLoop(Supplier<Loop> factory) {
      return new Options(debug, factory, handlesSignals);
    }

    /// {@return these options with debug mode on or off}
    ///
    /// @param on whether debug mode is on
    public Options withDebug(boolean on) {
      return new Options(on, loopFactory, handlesSignals);
    }

    /// {@return these options with signals left to the JVM}
    public Options withoutSignals() {
      return new Options(debug, loopFactory, false);
    }
  }

  private static final Duration EXECUTOR_PATIENCE = Duration.ofMinutes(5);

  private final Options options;
  private @Nullable Loop loop;
  private @Nullable Context context;
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
  /// once, with exit code 130 or 143.
  ///
  /// Throws what the body threw, the very object, undeclared.
  ///
  /// @param main the body
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread, or this runner is closed
  /// @throws io.loop.event.KeyboardInterrupt if SIGINT cancelled the main task, and it ended by
  ///   that
  /// @throws io.loop.event.SystemExit with code 143, if SIGTERM did
  public <T extends @Nullable Object> T run(Coro<T> main) {
    return run(main, null);
  }

  /// Runs a body as the main task, in a context of the caller's choice; as [#run(Coro)].
  ///
  /// @param main the body
  /// @param chosen the context it runs in, itself and not a copy; null for the one that all runs
  ///   share
  /// @param <T> the type of the result
  /// @return the result
  /// @throws IllegalStateException if a loop is running on this thread, or this runner is closed
  public <T extends @Nullable Object> T run(Coro<T> main, @Nullable Context chosen) {
    Objects.requireNonNull(main, "main");
    if (Loop.runningOrNull() != null) {
      throw new IllegalStateException(
          "Runner.run() cannot be called from a running event loop; await the body instead");
    }
    Loop running = getLoop();
    running.requireRunnable(); // before there is a task that would never run
    Context used = chosen != null ? chosen : contextOf();
    Task<T> task = Task.create(running, main, TaskOptions.DEFAULT.in(used));
    if (!options.handlesSignals()) {
      return Tasks.runUntilComplete(running, task);
    }
    var interrupts = Signals.watch(running, task);
    try (interrupts) {
      return Tasks.runUntilComplete(running, task);
    } catch (CancelledError cancelled) {
      throw interrupts.translate(cancelled);
    }
  }

  /// Runs a body without a result as the main task, to its end; as [#run(Coro)].
  ///
  /// @param main the body
  public void run(Coro.Action main) {
    run(Coro.of(main));
  }

  private Context contextOf() {
    return Objects.requireNonNull(context, "context");
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
      Tasks.runUntilComplete(
          loop, Coro.of(() -> Tasks.shutdownDefaultExecutor(loop, EXECUTOR_PATIENCE)));
    }
  }

  private static void cancelAll(Loop loop) {
    List<Task<?>> left = Task.all(loop);
    if (left.isEmpty()) {
      return;
    }
    left.forEach(LoopFuture::cancel);
    Tasks.runUntilComplete(loop, Tasks.gatherReturnExceptions(loop, left));
    for (Task<?> task : left) {
      Throwable fault = task.isCancelled() ? null : task.exception();
      if (fault != null) {
        loop.callExceptionHandler(
            new ExceptionContext(
                "unhandled exception during Asyncio.run() shutdown",
                fault,
                Map.of("task", task),
                task.getContext()));
      }
    }
  }
}
