package io.loop.conformance;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A coroutine object: a body with its arguments, that can be run once and leaves its marks in the
/// trace.
final class Routine implements Coro<@Nullable Object> {

  private final Program program;
  private final Scenario.Body body;
  private final List<?> args;
  private final String label;
  private boolean used;
  private @Nullable Task<?> owner;

  Routine(Program program, Scenario.Body body, List<?> args, String label) {
    this.program = program;
    this.body = body;
    this.args = args;
    this.label = label;
  }

  String label() {
    return label;
  }

  void belongsTo(Task<?> task) {
    owner = task;
  }

  /// Makes sure that this never runs, for nobody will run it.
  void close() {
    used = true;
  }

  @Override
  public @Nullable Object run() throws Exception {
    if (used || (owner != null && owner.isDone())) {
      throw new IllegalStateException("cannot reuse already awaited coroutine");
    }
    used = true;
    program.trace("start", body.name());
    Object result;
    try {
      result = program.call(body, args);
    } catch (CancelledError cancelled) {
      program.trace("cancelled", program.text(cancelled));
      throw cancelled;
    } catch (Throwable fault) {
      program.trace("fail", program.text(fault));
      throw fault;
    }
    program.trace("end", program.text(result));
    return result;
  }
}
