package io.loop.conformance;

import io.loop.context.Context;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/// The ops on one task or future: settling, cancelling, asking, callbacks.
final class FutureOps {

  private FutureOps() {}

  static void addTo(Map<String, Ops.Op> ops) {
    ops.put("future", (frame, op, _) -> future(frame, op));
    ops.put("set_result", (frame, op, on) -> setResult(frame, op, on));
    ops.put("set_exception", (frame, op, on) -> setException(frame, op, on));
    ops.put("cancel", FutureOps::cancel);
    ops.put("uncancel", (_, _, on) -> (long) ((Task<?>) on).uncancel());
    ops.put("result", (_, _, on) -> result(on));
    ops.put("exception", (_, _, on) -> exception(on));
    ops.put(
        "set_name",
        (frame, op, on) -> {
          ((Task<?>) on).setName(String.valueOf(frame.value(op, "name")));
          return null;
        });
    ops.put(
        "add_callback",
        (frame, op, on) -> {
          any(on)
              .addDoneCallback(
                  frame.program().callback(op.text("body")), (Context) frame.value(op, "context"));
          return null;
        });
    ops.put(
        "remove_callback",
        (frame, op, on) ->
            (long) any(on).removeDoneCallback(frame.program().callback(op.text("body"))));
  }

  @SuppressWarnings("unchecked") // a scenario's futures hold any object
  private static LoopFuture<@Nullable Object> any(Object on) {
    return (LoopFuture<@Nullable Object>) on;
  }

  private static LoopFuture<?> future(Frame frame, Node op) {
    Program program = frame.program();
    String name = frame.textOrNull(op, "name");
    return program.label(
        new LoopFuture<@Nullable Object>(program.loop()),
        name == null ? "F" + program.next("future") : name);
  }

  private static @Nullable Object setResult(Frame frame, Node op, Object on) {
    any(on).setResult(frame.value(op, "value"));
    return null;
  }

  private static @Nullable Object setException(Frame frame, Node op, Object on) {
    any(on).setException(Flow.fault(frame, op));
    return null;
  }

  private static boolean cancel(Frame frame, Node op, Object on) {
    return on instanceof LoopFuture<?> future
        ? future.cancel(CancelMessages.encode(frame.value(op, "msg")))
        : ((Future<?>) on).cancel(false);
  }

  private static @Nullable Object result(Object on) {
    if (on instanceof LoopFuture<?> future) {
      return future.result();
    }
    Throwable fault = exception(on);
    if (fault != null) {
      throw Flow.thrown(fault);
    }
    return ((Future<?>) on).resultNow();
  }

  private static @Nullable Throwable exception(Object on) {
    if (on instanceof LoopFuture<?> future) {
      return future.exception();
    }
    var outside = (Future<?>) on;
    return switch (outside.state()) {
      case SUCCESS -> null;
      case FAILED -> outside.exceptionNow();
      case CANCELLED -> throw new CancellationException();
      case RUNNING ->
          throw new UnsupportedScenario("waiting for an outside future blocks the loop");
    };
  }
}
