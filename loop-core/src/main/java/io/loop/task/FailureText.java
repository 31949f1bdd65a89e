package io.loop.task;

import io.loop.context.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.Origin;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The report about a future that failed, in case the failure is never read.
///
/// Created when the future fails. It must not keep the future reachable, so it does not refer to
/// it. The text is created only on demand: the exception's `toString` is arbitrary code, which must
/// not run while a future is being settled.
///
/// @param type the future's class
/// @param name the task's name; null if the future is not a task
/// @param body the class of the task's body; null if it has none
/// @param cause the exception that the future failed with
/// @param context the task's context; null if the future is not a task
/// @param origin where the future was created; null if unknown
record FailureText(
    Class<?> type,
    @Nullable String name,
    @Nullable Class<?> body,
    Throwable cause,
    @Nullable Context context,
    @Nullable Origin origin) {

  static FailureText of(LoopFuture<?> future, Throwable cause) {
    Origin origin = Origins.find(future);
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

  /// {@return the future's description at the time of the failure} A body is named after its class.
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
