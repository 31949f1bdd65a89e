package io.loop.conformance;

import io.loop.Asyncio;
import io.loop.ReturnWhen;
import io.loop.WaitResult;
import io.loop.context.Context;
import io.loop.scope.TaskGroup;
import io.loop.task.Awaitable;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskFactory;
import io.loop.task.TaskOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/// The ops that make tasks, wait for them, and put several together.
final class TaskOps {

  private TaskOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("spawn", (frame, op, _) -> spawn(frame, op));
    ops.put("coro", (frame, op, _) -> routine(frame, op));
    ops.put("submit", (frame, op, _) -> submit(frame, op));
    ops.put("await", (_, _, on) -> awaitable(on).await());
    ops.put("sleep", (frame, op, _) -> Asyncio.sleep(millis(frame, op), frame.value(op, "result")));
    ops.put("gather", (frame, op, _) -> gather(frame, op));
    ops.put("shield", (frame, _, on) -> shield(frame, on));
    ops.put("wait_for", (frame, op, on) -> Asyncio.waitFor(awaitable(on), timeout(frame, op)));
    ops.put("wait", (frame, op, _) -> wait(frame, op));
    ops.put("wrap_future", TaskOps::wrap);
    ops.put("set_task_factory", (frame, op, _) -> setFactory(frame, op));
  }

  static Duration millis(Frame frame, Node op) {
    return Duration.ofMillis(frame.number(op, "ms"));
  }

  static @Nullable Duration timeout(Frame frame, Node op) {
    Long millis = frame.numberOrNull(op, "timeout");
    return millis == null ? null : Duration.ofMillis(millis);
  }

  @SuppressWarnings("unchecked") // everything that can be awaited gives an object
  static Awaitable<@Nullable Object> awaitable(Object on) {
    return (Awaitable<@Nullable Object>) on;
  }

  static List<Awaitable<@Nullable Object>> awaitables(List<Object> items) {
    List<Awaitable<@Nullable Object>> awaitables = new ArrayList<>();
    items.forEach(item -> awaitables.add(awaitable(item)));
    return awaitables;
  }

  private static Routine routine(Frame frame, Node op) {
    Program program = frame.program();
    Scenario.Body body = program.body(op.text("body"));
    String name = frame.textOrNull(op, "name");
    if (name == null) {
      name = body.name() + "#" + program.next("coroutine " + body.name());
    }
    return new Routine(program, body, frame.values(op, "args"), name);
  }

  @SuppressWarnings("unchecked") // as above
  private static Coro<@Nullable Object> coro(Object body) {
    return (Coro<@Nullable Object>) body;
  }

  private static Task<?> spawn(Frame frame, Node op) {
    Coro<@Nullable Object> body =
        op.has("coro") ? coro(frame.value(op, "coro")) : routine(frame, op);
    Object eager = frame.value(op, "eager");
    var options =
        new TaskOptions(
            frame.textOrNull(op, "name"),
            (Context) frame.value(op, "context"),
            eager == null ? null : Values.isTrue(eager));
    var group = (TaskGroup) frame.value(op, "group");
    return group == null
        ? Task.create(frame.program().loop(), body, options)
        : spawnIn(group, frame.program(), body, options);
  }

  /// A group that makes no task of a coroutine closes it.
  private static Task<?> spawnIn(
      TaskGroup group, Program program, Coro<@Nullable Object> body, TaskOptions options) {
    int created = program.created().size();
    try {
      return group.createTask(body, options);
    } catch (IllegalStateException refused) {
      if (body instanceof Routine routine && program.created().size() == created) {
        routine.close();
      }
      throw refused;
    }
  }

  @SuppressWarnings("FutureReturnValueIgnored") // the scenario keeps it, if it likes
  private static Object submit(Frame frame, Node op) {
    return Asyncio.runCoroutineThreadsafe(routine(frame, op), frame.program().loop());
  }

  private static LoopFuture<?> gather(Frame frame, Node op) {
    List<Awaitable<@Nullable Object>> items = awaitables(frame.items(op));
    LoopFuture<?> outer =
        frame.truth(op, "return_exceptions")
            ? Asyncio.gatherReturnExceptions(items)
            : Asyncio.gather(items);
    return frame.program().label(outer, "G" + frame.program().next("gather"));
  }

  private static LoopFuture<?> shield(Frame frame, Object on) {
    LoopFuture<?> outer = Asyncio.shield(awaitable(on));
    return outer == on ? outer : frame.program().label(outer, "S" + frame.program().next("shield"));
  }

  private static List<?> wait(Frame frame, Node op) {
    List<LoopFuture<?>> futures = new ArrayList<>();
    for (Object item : frame.items(op)) {
      if (item instanceof Routine) {
        throw Flow.thrown(Faults.raise("TypeError", null)); // the compiler would refuse it
      }
      futures.add((LoopFuture<?>) item);
    }
    String when = op.names("when") ? op.text("when") : "ALL_COMPLETED";
    WaitResult<LoopFuture<?>> result =
        Asyncio.wait(futures, timeout(frame, op), ReturnWhen.valueOf(when));
    return List.of(List.copyOf(result.done()), List.copyOf(result.pending()));
  }

  @SuppressWarnings("unchecked") // every outside future gives an object
  private static LoopFuture<?> wrap(Frame frame, Node op, Object on) {
    if (on instanceof LoopFuture<?> inside) {
      return inside;
    }
    LoopFuture<?> wrapped = Asyncio.wrapFuture((CompletableFuture<@Nullable Object>) on);
    return frame.program().label(wrapped, "W" + frame.program().next("wrapper"));
  }

  private static @Nullable Object setFactory(Frame frame, Node op) {
    switch (op.text("kind")) {
      case "eager" -> frame.program().setFactory(TaskFactory.EAGER);
      case "default" -> frame.program().setFactory(null);
      default -> throw new UnsupportedScenario("task factory " + op.text("kind"));
    }
    return null;
  }
}
