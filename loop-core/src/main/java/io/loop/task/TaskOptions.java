package io.loop.task;

import io.loop.event.Context;
import org.jspecify.annotations.Nullable;

/// How a task is to be made; null anywhere means asyncio's default.
///
/// Source: the keyword arguments of `asyncio.create_task`, Python 3.15.
///
/// @param name the task's name; by default `Task-N`
/// @param context the context it runs in, itself and not a copy; by default a copy of the current
///   one
/// @param eagerStart whether the first step runs inside the creating call; by default it does not.
///   Not where a callback makes the task on an attached loop: there it runs from the next tick on
public record TaskOptions(
    @Nullable String name, @Nullable Context context, @Nullable Boolean eagerStart) {

  /// All defaults.
  public static final TaskOptions DEFAULT = new TaskOptions(null, null, null);

  /// {@return options with a name and nothing else}
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
