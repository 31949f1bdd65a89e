package io.loop.task;

import io.loop.event.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.Origin;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What would be reported about a future that failed, if nobody reads the failure.
///
/// Made when the future fails, and kept without the future, which it must not keep reachable. The
/// text is made when somebody asks for it: the exception's own `toString` may do anything, and no
/// such code runs while a future is settled.
///
/// @param type the future's class
/// @param name the task's name; null if it is no task
/// @param body the class of the task's body; null if it has none
/// @param cause what it failed with
/// @param context the task's context; null if it is no task
/// @param origin where the future was made; null if that is not known
record FailureText(
    Class<?> type,
    @Nullable String name,
    @Nullable Class<?> body,
    Throwable cause,
    @Nullable Context context,
    @Nullable Origin origin) {

  static FailureText of(LoopFuture<?> future, Throwable cause) {
    Origin origin = future.origin();
    if (!(future instanceof Task<?> task)) {
      return new FailureText(future.getClass(), null, null, cause, null, origin);
    }
    Coro<?> body = task.getCoro();
    return new FailureText(
        Task.class,
        task.getName(),
        body == null ? null : Repr.typeOf(body),
        cause,
        task.getContext(),
        origin);
  }

  ExceptionContext report() {
    return new ExceptionContext(
            type.getSimpleName() + " exception was never retrieved",
            cause,
            Map.of("future", this),
            context)
        .from(origin);
  }

  /// {@return the future's description, as it was when it failed} A body is named after its class.
  @Override
  public String toString() {
    return "<"
        + type.getSimpleName()
        + " finished exception="
        + Repr.value(cause)
        + (name == null ? "" : " name='" + name + "'")
        + (body == null ? "" : " coro=<" + Repr.typeName(body) + ">")
        + (origin == null ? "" : " created at " + origin.shortText())
        + ">";
  }
}
