package io.loop.conformance;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops that are plain calls: each does one thing and may have a result.
final class Ops {

  /// One kind of op.
  interface Op {

    /// Does it. Suspends if the op may.
    ///
    /// @param frame where its expressions are read
    /// @param op its fields
    /// @param on the value of the field `on`; never null if the op needs one
    /// @return the result, for the variable in `to`
    @Nullable Object run(Frame frame, Node op, Object on) throws Exception;
  }

  private static final Map<String, Op> ALL = new HashMap<>();

  static {
    FlowOps.addTo(ALL);
    TaskOps.addTo(ALL);
    FutureOps.addTo(ALL);
    LoopOps.addTo(ALL);
    ContextOps.addTo(ALL);
    StreamOps.addTo(ALL);
    Blocks.addTo(ALL);
    SyncOps.addTo(ALL);
    QueueOps.addTo(ALL);
  }

  private Ops() {}

  @SuppressWarnings("NullAway") // an op that needs `on` has it, or is skipped
  static @Nullable Object run(Frame frame, Node node, @Nullable Object on) throws Exception {
    Op op = ALL.get(node.text("op"));
    if (op == null) {
      throw new UnsupportedScenario("op " + node.text("op"));
    }
    return op.run(frame, node, on);
  }
}
