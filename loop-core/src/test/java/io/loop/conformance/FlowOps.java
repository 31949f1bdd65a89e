package io.loop.conformance;

import java.util.Map;

/// The ops on values, and calls of bodies.
final class FlowOps {

  private FlowOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put(
        "log",
        (frame, op, _) -> {
          Program program = frame.program();
          program.trace(
              "log", frame.values(op, "values").stream().map(program::text).toArray(String[]::new));
          return null;
        });
    ops.put("set", (frame, op, _) -> frame.value(op, "value"));
    ops.put("invoke", FlowOps::call);
    ops.put("call", FlowOps::call);
  }

  private static Object call(Frame frame, Node op, Object on) throws Exception {
    Program program = frame.program();
    return program.call(program.body(op.text("body")), frame.values(op, "args"));
  }
}
