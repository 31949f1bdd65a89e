package io.loop.task;

/// What the caller of a transition of a [TaskState] has to do.
enum Next {
  /// Mount the body until it stops again; its await throws `incoming` if that is set.
  RUN,
  /// Put the step into the ready queue.
  SCHEDULE,
  /// Interrupt the thread of the body. Do this last: the body may resume immediately.
  INTERRUPT,
  /// Nothing: something else continues the task.
  WAIT,
  /// Settle the task with `result` and `fault`.
  FINISH
}
