package io.loop.conformance;

import io.loop.sync.LifoQueue;
import io.loop.sync.PriorityQueue;
import io.loop.sync.Queue;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops on queues.
final class QueueOps {

  private QueueOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("queue", (frame, op, _) -> queue(frame, op));
    ops.put("put", (frame, op, on) -> SyncOps.nothing(() -> any(on).put(frame.value(op, "value"))));
    ops.put(
        "put_nowait",
        (frame, op, on) -> SyncOps.nothing(() -> any(on).putNowait(frame.value(op, "value"))));
    ops.put("get", (_, _, on) -> any(on).get());
    ops.put("get_nowait", (_, _, on) -> any(on).getNowait());
    ops.put("task_done", (_, _, on) -> SyncOps.nothing(any(on)::taskDone));
    ops.put("join", (_, _, on) -> SyncOps.nothing(any(on)::join));
    ops.put(
        "shutdown",
        (frame, op, on) -> SyncOps.nothing(() -> any(on).shutdown(frame.truth(op, "immediate"))));
  }

  @SuppressWarnings("unchecked") // a scenario's queues hold any object
  private static Queue<@Nullable Object> any(Object on) {
    return (Queue<@Nullable Object>) on;
  }

  private static Queue<@Nullable Object> queue(Frame frame, Node op) {
    int maxSize = op.has("maxsize") ? (int) frame.number(op, "maxsize") : 0;
    String kind = op.names("kind") ? op.text("kind") : "fifo";
    return switch (kind) {
      case "fifo" -> new Queue<>(maxSize);
      case "lifo" -> new LifoQueue<>(maxSize);
      case "priority" -> new PriorityQueue<>(maxSize, Values::compare);
      default -> throw new UnsupportedScenario("queue kind " + kind);
    };
  }
}
