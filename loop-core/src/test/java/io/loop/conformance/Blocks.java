package io.loop.conformance;

import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.sync.Barrier;
import io.loop.sync.Condition;
import io.loop.sync.Lock;
import io.loop.sync.Semaphore;
import java.time.Duration;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops that put something around other ops, and those that make and move what they put.
final class Blocks {

  private Blocks() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("timeout", (frame, op, _) -> Timeout.after(millisOrNull(frame, op)));
    ops.put("timeout_at", (frame, op, _) -> Timeout.at(millisOrNull(frame, op)));
    ops.put(
        "reschedule",
        (frame, op, on) -> {
          ((Timeout) on).reschedule(millisOrNull(frame, op));
          return null;
        });
    ops.put("taskgroup", (_, _, _) -> new TaskGroup());
    ops.put(
        "group_cancel",
        (_, _, on) -> {
          ((TaskGroup) on).cancel();
          return null;
        });
  }

  private static @Nullable Duration millisOrNull(Frame frame, Node op) {
    Long millis = frame.numberOrNull(op, "ms");
    return millis == null ? null : Duration.ofMillis(millis);
  }

  /// Runs a block; leaving it early leaves it well, and then goes on.
  static Flow.Signal with(Frame frame, Node op, @Nullable Object on) throws Exception {
    Flow.Signal signal =
        switch (on) {
          case Timeout timeout -> timeout.with(_ -> body(frame, op, on));
          case TaskGroup group -> group.with(_ -> body(frame, op, on));
          case Lock lock -> lock.with(() -> body(frame, op, null));
          case Condition condition -> condition.with(() -> body(frame, op, null));
          case Semaphore semaphore -> semaphore.with(() -> body(frame, op, null));
          case Barrier barrier -> body(frame, op, (long) barrier.await());
          case null, default -> throw new UnsupportedScenario("with " + on);
        };
    return signal == null ? Flow.Signal.NEXT : signal; // a group that was cancelled
  }

  private static Flow.Signal body(Frame frame, Node op, @Nullable Object entered) throws Exception {
    if (op.names("as")) {
      frame.set(op.text("as"), entered);
    }
    return Flow.run(frame, op.nodes("body"));
  }
}
