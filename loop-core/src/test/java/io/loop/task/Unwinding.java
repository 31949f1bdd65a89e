package io.loop.task;

import io.loop.event.OwnCallback;

/// Ends a suspended body while its loop is held up, which nothing but a test can do.
public final class Unwinding {

  private Unwinding() {}

  /// Has the loop's own thread throw a cancellation into a suspended body, although its host is
  /// blocked; any thread.
  public static void unwind(Task<?> task) {
    task.loop.callSoonThreadsafe((OwnCallback.Return) task::unwind);
  }
}
