package io.loop.task;

import io.loop.event.Loop;
import org.jspecify.annotations.Nullable;

/// Creates the tasks of a loop. Install it with [Tasks#setTaskFactory].
///
/// The factory is called for every task, including those that `gather`, a group or `run` create. It
/// must return a task from [Task#of], and may change the options or wrap the body first. Write a
/// factory as a method reference: the method is generic, so it cannot be a lambda.
///
/// Source: `loop.set_task_factory`, Python 3.15.
@FunctionalInterface
public interface TaskFactory {

  /// Runs each task's first step inside the call that creates the task, unless its options say
  /// otherwise. A task that finishes in that step never enters the ready queue.
  ///
  /// Source: `asyncio.eager_task_factory`.
  TaskFactory EAGER = TaskFactory::createEagerly;

  /// {@return a new task}
  ///
  /// Loop thread and coroutines of the loop only. Never suspends.
  ///
  /// @param loop its loop
  /// @param body what it runs
  /// @param options what the caller asked for
  /// @param <T> the type of the result
  <T extends @Nullable Object> Task<T> create(Loop loop, Coro<T> body, TaskOptions options);

  private static <T extends @Nullable Object> Task<T> createEagerly(
      Loop loop, Coro<T> body, TaskOptions options) {
    return Task.of(loop, body, options.eagerStart() == null ? options.withEagerStart() : options);
  }
}
