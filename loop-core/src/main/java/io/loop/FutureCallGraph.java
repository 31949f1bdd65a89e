package io.loop;

import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The call stack of a future or task, and of the tasks that await it, directly or indirectly.
///
/// A snapshot. It is taken on the loop's thread or by one of its coroutines, and can be read by any
/// thread.
///
/// Source: `asyncio.FutureCallGraph`, Python 3.14.
///
/// @param future the future or task
/// @param callStack the stack of its body, innermost frame first; empty for a plain future
/// @param awaitedBy the call graphs of the tasks that wait for it
public record FutureCallGraph(
    LoopFuture<?> future, List<StackTraceElement> callStack, List<FutureCallGraph> awaitedBy) {

  /// Copies the lists.
  public FutureCallGraph {
    callStack = List.copyOf(callStack);
    awaitedBy = List.copyOf(awaitedBy);
  }

  /// {@return the call graph of a future, or null if `future` is null and the caller is not in a
  /// task}
  ///
  /// Source: `asyncio.capture_call_graph`.
  ///
  /// @param future the future; null for the calling task
  /// @param limit the number of frames to keep of each stack: the innermost ones if positive, the
  ///   outermost ones if negative; zero for none, [Integer#MAX_VALUE] for all
  /// @throws IllegalStateException if `future` is null and no loop is running on this thread
  public static @Nullable FutureCallGraph capture(@Nullable LoopFuture<?> future, int limit) {
    LoopFuture<?> root = future != null ? future : Task.current();
    return root == null ? null : capture(root, limit, new HashSet<>());
  }

  /// Lists each task at most once on a path, because tasks may wait for each other in a cycle.
  private static FutureCallGraph capture(LoopFuture<?> future, int limit, Set<LoopFuture<?>> path) {
    List<FutureCallGraph> awaiters = new ArrayList<>();
    path.add(future);
    for (Task<?> waiter : future.awaitedBy()) {
      if (!path.contains(waiter)) {
        awaiters.add(capture(waiter, limit, path));
      }
    }
    path.remove(future);
    return new FutureCallGraph(future, stack(future, limit), awaiters);
  }

  private static List<StackTraceElement> stack(LoopFuture<?> future, int limit) {
    if (limit == 0 || !(future instanceof Task<?> task) || task.isDone()) {
      return List.of();
    }
    List<StackTraceElement> frames = List.of(task.getStack());
    int from = limit < 0 ? Math.max(0, frames.size() + limit) : 0;
    return frames.subList(from, limit < 0 ? frames.size() : Math.min(frames.size(), limit));
  }

  /// {@return the graph as indented text, one line per frame}
  ///
  /// Source: `asyncio.format_call_graph`.
  public String format() {
    var text = new StringBuilder();
    format(text, "");
    return text.toString();
  }

  private void format(StringBuilder text, String indent) {
    line(text, indent, "* " + title());
    if (!callStack.isEmpty()) {
      line(text, indent, "  + Call stack:");
      callStack.forEach(frame -> line(text, indent, "  |   at " + frame));
    }
    if (!awaitedBy.isEmpty()) {
      line(text, indent, "  + Awaited by:");
      awaitedBy.forEach(waiter -> waiter.format(text, indent + "     "));
    }
  }

  private String title() {
    String id = Integer.toHexString(System.identityHashCode(future));
    return future instanceof Task<?> task
        ? "Task(name='" + task.getName() + "', id=0x" + id + ")"
        : future.getClass().getSimpleName() + "(id=0x" + id + ")";
  }

  private static void line(StringBuilder text, String indent, String content) {
    if (!text.isEmpty()) {
      text.append('\n');
    }
    text.append(indent).append(content);
  }
}
