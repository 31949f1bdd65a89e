package io.loop.conformance;

import io.loop.context.ContextVar;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskFactory;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A scenario that is being run: its loop, its trace, and what the scenario made so far.
final class Program {

  /*
   * One op runs at a time, on the loop's thread or on a coroutine of it; nothing here is locked.
   *
   * When the loop is closed it unwinds the tasks that are stuck. Asyncio has no such thing, so from
   * then on a coroutine runs no more ops and leaves no more lines. The same goes for a scenario that
   * was given up.
   */

  private static final int MAX_OPS = 20_000;

  private final Scenario scenario;
  private final Loop loop;
  private final List<String> lines = new ArrayList<>();
  private final Map<String, @Nullable Object> globals = new HashMap<>();
  private final IdentityHashMap<Object, String> labels = new IdentityHashMap<>();
  private final Map<String, Integer> counters = new HashMap<>();
  private final Map<String, ContextVar<@Nullable Object>> variables = new HashMap<>();
  private final Map<String, DoneCallback<LoopFuture<?>>> callbacks = new HashMap<>();
  private final List<@Nullable LoopFuture<?>> created = new ArrayList<>();
  private final IdentityHashMap<Throwable, @Nullable Throwable> causes = new IdentityHashMap<>();
  private @Nullable TaskFactory factory;
  private @Nullable UnsupportedScenario givenUp;
  private int ops;

  Program(Scenario scenario, Runnable whenIdle) {
    this.scenario = scenario;
    this.loop = Loop.create(new VirtualPoller(whenIdle));
    loop.setTicksPerPoll(1, Duration.ZERO);
    Tasks.setTaskFactory(loop, this::makeTask);
  }

  Loop loop() {
    return loop;
  }

  List<String> lines() {
    return lines;
  }

  Scenario.Body body(String name) {
    return scenario.body(name);
  }

  Map<String, @Nullable Object> globals() {
    return globals;
  }

  ContextVar<@Nullable Object> variable(String name) {
    return variables.computeIfAbsent(name, ContextVar::of);
  }

  /// {@return the done callback that calls a body: the same one for the same body}
  DoneCallback<LoopFuture<?>> callback(String body) {
    return callbacks.computeIfAbsent(body, _ -> future -> callPlain(body(body), List.of(future)));
  }

  // Tasks, futures and their labels.

  void setFactory(@Nullable TaskFactory factory) {
    this.factory = factory;
  }

  /// Makes every task of the loop: gives it the label of its coroutine, and keeps its place in the
  /// order of creation, which an eager first step must not change.
  private <T extends @Nullable Object> Task<T> makeTask(
      Loop on, Coro<T> body, TaskOptions options) {
    boolean takesLabel = options.name() == null && body instanceof Routine;
    TaskOptions named = takesLabel ? options.withName(((Routine) body).label()) : options;
    int place = created.size();
    created.add(null);
    Task<T> task = factory == null ? Task.of(on, body, named) : factory.create(on, body, named);
    created.set(place, task);
    if (body instanceof Routine routine) {
      routine.belongsTo(task);
    }
    return task;
  }

  /// {@return the number of the next thing of a kind}
  int next(String kind) {
    return counters.merge(kind, 1, Integer::sum);
  }

  <F extends LoopFuture<?>> F label(F future, String label) {
    labels.put(future, label);
    created.add(future);
    return future;
  }

  /// {@return everything the scenario made that can hold an exception, in order}
  List<@Nullable LoopFuture<?>> created() {
    return created;
  }

  private String labelOf(Object object) {
    return object instanceof Task<?> task
        ? task.getName()
        : labels.getOrDefault(object, object.getClass().getSimpleName());
  }

  @Nullable Task<?> currentTask() {
    return Loop.runningOrNull() == null ? null : Task.current();
  }

  @Nullable String currentName() {
    Task<?> task = currentTask();
    return task == null ? null : task.getName();
  }

  List<String> taskNames() {
    return Task.all(loop).stream().map(Task::getName).sorted(Values::compare).toList();
  }

  /// Sets the explicit cause of an exception, as often as the scenario likes.
  void setCause(Throwable fault, @Nullable Throwable cause) {
    causes.put(fault, cause);
  }

  @Nullable Throwable cause(Throwable fault) {
    return causes.containsKey(fault) ? causes.get(fault) : Faults.givenCause(fault);
  }

  // Calling bodies.

  @Nullable Object call(Scenario.Body body, List<?> args) throws Exception {
    var frame = new Frame(this, body, args);
    Flow.run(frame, body.ops());
    return frame.returned;
  }

  /// Calls a body as a plain function; what it throws comes out undeclared.
  @Nullable Object callPlain(Scenario.Body body, List<?> args) {
    try {
      return call(body, args);
    } catch (Exception fault) {
      throw Flow.thrown(fault);
    }
  }

  /// Called before each op: from here on a scenario that must not go on does not.
  void countOp() {
    if (givenUp != null) {
      throw givenUp;
    }
    if (isUnwinding()) {
      throw new UnsupportedScenario("the loop is closed");
    }
    if (++ops > MAX_OPS) {
      throw new UnsupportedScenario("more than " + MAX_OPS + " ops");
    }
  }

  /// Ends the scenario at the end of this turn, unless it has ended by itself.
  void giveUp(UnsupportedScenario reason) {
    if (givenUp == null && !isUnwinding()) {
      givenUp = reason;
      loop.stop();
    }
  }

  @Nullable UnsupportedScenario givenUp() {
    return givenUp;
  }

  private boolean isUnwinding() {
    return !loop.isRunning() && Thread.currentThread().isVirtual();
  }

  // The trace.

  long now() {
    return loop.time().toMillis();
  }

  String text(@Nullable Object value) {
    return Values.text(value, this::labelOf);
  }

  /// Adds a line about the current task, or about a callback if there is none.
  void trace(String event, String... details) {
    if (!isUnwinding()) {
      line(Objects.requireNonNullElse(currentName(), "-"), event, details);
    }
  }

  /// Adds a line.
  void line(String who, String event, String... details) {
    if (givenUp == null) {
      var line = new StringBuilder("t=" + now() + " " + who + " " + event);
      for (String detail : details) {
        line.append(' ').append(detail);
      }
      lines.add(line.toString());
    }
  }
}
