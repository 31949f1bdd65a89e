package io.loop.task;

import io.loop.event.GuestDirectory;
import java.io.PrintStream;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The stacks of tasks, without the frames that only start or suspend a body.
final class TaskStacks {

  /*
   * newest   Continuation, VirtualThread, the carrier, TaskStep     removed
   *          LoopFuture.await, the body and what it called          kept
   * oldest   Task, TaskStep, Loop, ScopedValue, the carrier, Thread removed
   */

  private static final int MOST_FRAMES = 8;
  private static final String CARRIERS = "io.loop.coroutine.";
  private static final StackTraceElement[] NONE = {};
  private static final Set<String> AT_EITHER_END =
      Set.of(
          "java.lang.System",
          "java.lang.Thread",
          "java.lang.VirtualThread",
          "java.lang.ScopedValue",
          "java.util.concurrent.locks.LockSupport",
          "jdk.internal.misc.Unsafe",
          "jdk.internal.vm",
          "io.loop.coroutine",
          "io.loop.event.Loop",
          "io.loop.task.TaskStacks",
          "io.loop.task.TaskState",
          "io.loop.task.TaskStep",
          "io.loop.Asyncio",
          "io.loop.FutureCallGraph",
          "io.loop.task.Task",
          "io.loop.task.Coro");

  private TaskStacks() {}

  static StackTraceElement[] of(Task<?> task) {
    Throwable fault = task.failure();
    if (fault != null) {
      return fault.getStackTrace();
    }
    Thread thread = task.isDone() ? null : task.step().thread();
    return thread == null ? NONE : trim(thread.getStackTrace());
  }

  private static StackTraceElement[] trim(StackTraceElement[] frames) {
    int from = 0;
    int to = frames.length;
    while (from < to && isOurs(frames[from])) {
      from++;
    }
    while (to > from && isOurs(frames[to - 1])) {
      to--;
    }
    return Arrays.copyOfRange(frames, from, to);
  }

  private static boolean isOurs(StackTraceElement frame) {
    String type = frame.getClassName();
    int nested = type.indexOf('$');
    String outer = nested < 0 ? type : type.substring(0, nested);
    return AT_EITHER_END.contains(outer)
        || AT_EITHER_END.contains(outer.substring(0, Math.max(0, outer.lastIndexOf('.'))));
  }

  /// {@return the entry for a task in a report about the loop} Any thread.
  ///
  /// If a body waits for the loop, in an await or for its turn, the frames next to the JDK's at the
  /// newest end are ours. If it is in a blocking call, they are the program's.
  static GuestDirectory.Entry entry(Task<?> task, Thread thread) {
    StackTraceElement[] frames = thread.getStackTrace();
    boolean needsLoop =
        Stream.of(frames)
            .map(StackTraceElement::getClassName)
            .dropWhile(TaskStacks::isJdks)
            .limit(1)
            .anyMatch(type -> type.startsWith(CARRIERS));
    var text = new StringBuilder(task.toString());
    text.append(needsLoop ? ", suspended" : ", in a blocking call");
    Stream.of(trim(frames))
        .limit(MOST_FRAMES)
        .forEach(frame -> text.append("\n    at ").append(frame));
    return new GuestDirectory.Entry(text.toString(), needsLoop);
  }

  private static boolean isJdks(String type) {
    return type.startsWith("java.") || type.startsWith("jdk.");
  }

  /// {@return at most `limit` frames: the newest of a body's stack, the oldest of a failure's}
  static StackTraceElement[] of(Task<?> task, int limit) {
    if (limit < 0) {
      throw new IllegalArgumentException("limit must not be negative: " + limit);
    }
    StackTraceElement[] frames = of(task);
    if (frames.length <= limit) {
      return frames;
    }
    return task.failure() == null
        ? Arrays.copyOf(frames, limit)
        : Arrays.copyOfRange(frames, frames.length - limit, frames.length);
  }

  static void print(Task<?> task, int limit, PrintStream out) {
    StackTraceElement[] frames = of(task, limit);
    Throwable fault = task.failure();
    var text = new StringBuilder(heading(task, frames.length, fault));
    for (StackTraceElement frame : frames) {
      text.append("\n  at ").append(frame);
    }
    if (fault != null) {
      text.append('\n').append(Repr.value(fault));
    }
    out.println(text);
  }

  private static String heading(Task<?> task, int frames, @Nullable Throwable fault) {
    if (frames == 0 && fault == null) {
      return "No stack for " + task;
    }
    return (fault == null ? "Stack for " : "Traceback for ") + task + " (most recent call first):";
  }
}
