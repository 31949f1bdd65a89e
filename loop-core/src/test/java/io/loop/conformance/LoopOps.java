package io.loop.conformance;

import io.loop.context.Context;
import io.loop.event.Callback;
import io.loop.event.ExceptionContext;
import io.loop.event.Handle;
import io.loop.event.Loop;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The ops on the loop: callbacks, timers and the exception handler.
final class LoopOps {

  private LoopOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("call_soon", (frame, op, _) -> callSoon(frame, op));
    ops.put(
        "call_later",
        (frame, op, _) ->
            loop(frame)
                .callLater(TaskOps.millis(frame, op), callback(frame, op), context(frame, op)));
    ops.put(
        "call_at",
        (frame, op, _) ->
            loop(frame).callAt(TaskOps.millis(frame, op), callback(frame, op), context(frame, op)));
    ops.put(
        "handle_cancel",
        (_, _, on) -> {
          ((Handle) on).cancel();
          return null;
        });
    ops.put("set_handler", (frame, op, _) -> setHandler(frame, op));
    ops.put("call_handler", (frame, op, _) -> callHandler(frame, op));
  }

  private static Loop loop(Frame frame) {
    return frame.program().loop();
  }

  private static Callback callback(Frame frame, Node op) {
    Program program = frame.program();
    Scenario.Body body = program.body(op.text("body"));
    List<@Nullable Object> args = frame.values(op, "args");
    return () -> program.callPlain(body, args);
  }

  static @Nullable Context context(Frame frame, Node op) {
    return (Context) frame.value(op, "context");
  }

  private static Handle callSoon(Frame frame, Node op) {
    Callback callback = callback(frame, op);
    return frame.truth(op, "threadsafe")
        ? loop(frame).callSoonThreadsafe(callback, context(frame, op))
        : loop(frame).callSoon(callback, context(frame, op));
  }

  private static @Nullable Object setHandler(Frame frame, Node op) {
    if (!op.names("body")) {
      loop(frame).setExceptionHandler(null);
      return null;
    }
    Program program = frame.program();
    Scenario.Body body = program.body(op.text("body"));
    loop(frame)
        .setExceptionHandler((_, failure) -> {
          String kind = Conformance.kind(failure.message());
          if (kind != null) {
            program.callPlain(body, Arrays.asList(kind, failure.exception()));
          }
        });
    return null;
  }

  private static @Nullable Object callHandler(Frame frame, Node op) {
    loop(frame)
        .callExceptionHandler(
            new ExceptionContext(
                Conformance.KIND_PREFIX + frame.value(op, "kind"),
                (Throwable) frame.value(op, "exc")));
    return null;
  }
}
