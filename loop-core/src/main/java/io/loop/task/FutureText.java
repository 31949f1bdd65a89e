package io.loop.task;

import io.loop.event.Origin;

/// The descriptions of futures and tasks. Any thread may ask for one, so it may be out of date.
final class FutureText {

  private FutureText() {}

  /// {@return a description: the state, the callbacks, and in debug mode where it was created}
  static String describe(LoopFuture<?> future) {
    return "<" + typeName(future) + " " + future.stateText() + detail(future) + ">";
  }

  /// {@return a description: that of a future, and the name, the body, and the future that it waits
  /// for}
  static String describe(Task<?> task) {
    Object work = task.work();
    LoopFuture<?> awaited = task.step().waiter();
    return "<Task "
        + (isCancelling(task) ? "cancelling" : task.stateText())
        + " name='"
        + task.getName()
        + "'"
        + (work == null ? "" : " coro=<" + nameOf(work) + ">")
        + (awaited == null ? "" : " wait_for=" + summary(awaited))
        + detail(task)
        + ">";
  }

  /// {@return a description that mentions no other future}
  static String summary(LoopFuture<?> future) {
    String state = future.isSettled() ? "finished" : "pending";
    if (!(future instanceof Task<?> task)) {
      return "<" + typeName(future) + " " + state + ">";
    }
    return "<Task "
        + (isCancelling(task) ? "cancelling" : state)
        + " name='"
        + task.getName()
        + "'>";
  }

  private static String typeName(LoopFuture<?> future) {
    return (future instanceof Sleep ? LoopFuture.class : future.getClass()).getSimpleName();
  }

  private static boolean isCancelling(Task<?> task) {
    return task.step().outstanding() > 0 && !task.isSettled();
  }

  private static String nameOf(Object work) {
    return work instanceof Class<?> type ? Repr.typeName(type) : Repr.function(work);
  }

  /// {@return the text after the state: the callbacks, and in debug mode where it was created}
  private static String detail(LoopFuture<?> future) {
    Origin origin = Origins.find(future);
    return future.callbacksText() + (origin == null ? "" : " created at " + origin.shortText());
  }
}
