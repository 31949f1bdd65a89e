package io.loop.task;

import io.loop.context.Context;
import org.jspecify.annotations.Nullable;

/// Options for creating a task. A null component means asyncio's default.
///
/// Source: the keyword arguments of `asyncio.create_task`, Python 3.15.
///
/// @param name the task's name; by default `Task-N`
/// @param context the context it runs in, used directly rather than copied; by default a copy of
///   the current context
/// @param eagerStart whether the first step runs inside the creating call; false by default. If a
///   callback creates the task on an attached loop, the task starts in the next tick instead
public record TaskOptions(
    @Nullable String name, @Nullable Context context, @Nullable Boolean eagerStart) {

  /// All defaults.
  public static final TaskOptions DEFAULT = new TaskOptions(null, null, null);

  /// {@return options with only a name}
  ///
  /// @param name the task's name
  public static TaskOptions named(String name) {
    return new TaskOptions(name, null, null);
  }

  /// {@return these options with another name}
  ///
  /// @param name the task's name
  public TaskOptions withName(String name) {
    return new TaskOptions(name, context, eagerStart);
  }

  /// {@return these options with an eager start}
  public TaskOptions withEagerStart() {
    return new TaskOptions(name, context, true);
  }

  /// {@return these options with another context}
  ///
  /// @param context the context the task runs in
  public TaskOptions withContext(Context context) {
    return new TaskOptions(name, context, eagerStart);
  }
}
