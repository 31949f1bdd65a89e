package io.loop.task;

import io.loop.event.Loop;
import org.jspecify.annotations.Nullable;

/// Makes the tasks of a loop, once it is given to [Tasks#setTaskFactory].
///
/// It is asked for every task, also for those that `gather`, a group or `run` make. It ends in
/// [Task#of]; before that it may change the options or put something around the body. A method
/// reference is the short way to write one: the method has a type parameter, which no lambda can
/// have.
///
/// Source: `loop.set_task_factory`, Python 3.15.
@FunctionalInterface
public interface TaskFactory {

  /// Starts each task's first step inside the call that makes it, unless its options say no. A task
  /// that ends in that step never touches the ready queue.
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
