package io.loop.task;

import io.loop.coroutine.Coroutine;
import io.loop.coroutine.CoroutinePool;
import io.loop.event.EnteredLoop;
import io.loop.event.ExceptionContext;
import io.loop.event.GuestDirectory;
import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// One loop's tasks: the current one, the pending ones, and what remains to do when the loop
/// closes.
///
/// Loop thread only, except for [#all(Loop)] and the methods of [GuestDirectory].
final class LoopTasks implements AutoCloseable, GuestDirectory {

  /// How long a closing loop waits for bodies that it has interrupted in a blocking call. Bodies
  /// that take longer continue to run after the loop has closed.
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final String DESTROYED = "Task was destroyed but it is pending!";

  private static final LoopLocal<LoopTasks> KEY = LoopLocal.withInitial(LoopTasks::new);

  private final Loop loop;
  private final EnteredLoop entered;
  private final CoroutinePool coroutines = new CoroutinePool();
  private final UnreadFailures unread;
  private final PendingTasks pending = new PendingTasks(); // strong: no task is lost (D5)
  private final Bridges bridges;
  private @Nullable Task<?> current;
  private @Nullable RunUntilComplete run;
  private @Nullable TaskFactory factory;
  private boolean closing;
  private int innerDepth;

  private LoopTasks(Loop loop) {
    this.loop = loop;
    this.unread = new UnreadFailures(loop);
    this.bridges = new Bridges(loop);
    this.entered = loop.admitGuests(this);
    if (Coroutine.isPortable()) {
      entered.requireTurns(); // a body may continue on its own after a blocking call
    }
  }

  static LoopTasks of(Loop loop) {
    return KEY.get(loop);
  }

  EnteredLoop entered() {
    return entered;
  }

  CoroutinePool coroutines() {
    return coroutines;
  }

  UnreadFailures unread() {
    return unread;
  }

  Bridges bridges() {
    return bridges;
  }

  @Nullable TaskFactory factory() {
    return factory;
  }

  void setFactory(@Nullable TaskFactory factory) {
    this.factory = factory;
  }

  @Nullable Task<?> current() {
    return current;
  }

  /// {@return the run in progress, or null if the loop is not running or runs forever}
  @Nullable RunUntilComplete run() {
    return run;
  }

  void setRun(@Nullable RunUntilComplete run) {
    this.run = run;
  }

  /// Makes a task the current one; the caller later restores the previous one, which this returns.
  @Nullable Task<?> swapCurrent(@Nullable Task<?> task) {
    Task<?> before = current;
    current = task;
    return before;
  }

  /// {@return the nesting depth of inner tasks on the loop's thread}
  int innerDepth() {
    return innerDepth;
  }

  /// Runs the step of an inner task inside that of another.
  void runInside(TaskStep step) {
    innerDepth++;
    try {
      step.runInside();
    } finally {
      innerDepth--;
    }
  }

  PendingTasks.Entry add(Task<?> task) {
    return pending.add(task);
  }

  void remove(PendingTasks.Entry entry) {
    pending.remove(entry);
  }

  /// {@return a loop's tasks that are not done} Any thread.
  static List<Task<?>> all(Loop loop) {
    LoopTasks tasks = KEY.peek(loop);
    return tasks == null ? List.of() : tasks.pending.list();
  }

  @Override
  public int count() {
    return pending.list().size();
  }

  @Override
  public @Nullable Entry find(long threadId) {
    for (Task<?> task : pending.list()) {
      Thread thread = task.step().thread();
      if (thread != null && thread.threadId() == threadId) {
        return TaskStacks.entry(task, thread);
      }
    }
    return null;
  }

  boolean isClosing() {
    return closing;
  }

  /// Unwinds the pending tasks, so that their `finally` blocks run, passes all outcomes to the
  /// futures outside the loop, and reports unread failures.
  @Override
  public void close() {
    closing = true;
    for (Task<?> task : pending.list()) {
      if (task.step().reportsDestruction()) {
        reportDestroyed(task);
      }
      unwind(task);
    }
    entered.callOnCarrier(() -> {
      entered.runReturnsUntil(new AllBack(), PATIENCE);
      coroutines.close();
      return true;
    });
    bridges.close();
    unread.reportAll();
  }

  /// Tests whether no body is in a blocking call any more. It is evaluated whenever a body has come
  /// back, so it does not check all of them each time: it waits for one, then for the next, and
  /// checks all of them again at the end, because a body that had come back may be in another call.
  private final class AllBack implements BooleanSupplier {
    private List<Task<?>> left = pending.list();
    private int next;

    @Override
    public boolean getAsBoolean() {
      if (!passThose()) {
        return false;
      }
      left = pending.list();
      next = 0;
      return passThose();
    }

    private boolean passThose() {
      while (next < left.size() && !left.get(next).step().isAway()) {
        next++;
      }
      return next == left.size();
    }
  }

  private void reportDestroyed(Task<?> task) {
    ExceptionContext report;
    try {
      report =
          new ExceptionContext(DESTROYED, null, Map.of("task", task), task.getContext())
              .from(Origins.find(task));
    } catch (OutOfMemoryError full) {
      loop.callExceptionHandler(DESTROYED, full, "task", task);
      return;
    }
    loop.callExceptionHandler(report);
  }

  private void unwind(Task<?> task) {
    try {
      entered.callOnCarrier(() -> {
        task.unwind();
        return true;
      });
    } catch (Throwable fatal) {
      loop.callExceptionHandler("Exception while closing the event loop", fatal, "task", task);
    }
  }
}
