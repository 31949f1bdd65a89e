package io.loop.conformance;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops on contexts and their variables.
final class ContextOps {

  private ContextOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("ctx_set", (frame, op, _) -> variable(frame, op).set(frame.value(op, "value")));
    ops.put("ctx_get", (frame, op, _) -> get(frame, op));
    ops.put("ctx_reset", (frame, op, _) -> reset(frame, op));
    ops.put("copy_context", (_, _, _) -> Context.copyCurrent());
    ops.put("ctx_run", (frame, op, _) -> run(frame, op));
  }

  private static ContextVar<@Nullable Object> variable(Frame frame, Node op) {
    return frame.program().variable(op.text("var"));
  }

  private static @Nullable Object get(Frame frame, Node op) {
    ContextVar<@Nullable Object> variable = variable(frame, op);
    return op.has("default") ? variable.get(frame.value(op, "default")) : variable.get();
  }

  @SuppressWarnings("unchecked") // every variable of a scenario holds any object
  private static @Nullable Object reset(Frame frame, Node op) {
    variable(frame, op).reset((ContextVar.Token<@Nullable Object>) frame.value(op, "token"));
    return null;
  }

  private static @Nullable Object run(Frame frame, Node op) {
    Program program = frame.program();
    Scenario.Body body = program.body(op.text("body"));
    List<@Nullable Object> args = frame.values(op, "args");
    var result = new Object[1];
    ((Context) frame.value(op, "context")).run(() -> result[0] = program.callPlain(body, args));
    return result[0];
  }
}
