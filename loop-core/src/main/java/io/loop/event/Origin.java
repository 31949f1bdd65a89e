package io.loop.event;

import java.lang.StackWalker.StackFrame;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/// Where an object was created: the newest frames of the program's stack, newest first.
///
/// Kept in debug mode for handles, futures and tasks.
///
/// Source: `source_traceback` in the contexts of asyncio's exception handler.
///
/// @param frames at most ten frames, without this library's frames at the top
public record Origin(List<StackTraceElement> frames) {

  private static final int MOST_FRAMES = 10;
  private static final List<String> OURS =
      List.of("io.loop.event.", "io.loop.task.", "io.loop.scope.", "io.loop.coroutine.");
  private static final Set<String> FUNCTIONS =
      Set.of(
          "io.loop.Asyncio",
          "io.loop.AsCompleted",
          "io.loop.Shield",
          "io.loop.StaggeredRace",
          "io.loop.Wait",
          "io.loop.WaitFor");

  /// Copies the frames.
  public Origin {
    frames = List.copyOf(frames);
  }

  /// {@return the place from which the caller was called}
  public static Origin here() {
    return new Origin(
        StackWalker.getInstance()
            .walk(frames ->
                frames
                    .dropWhile(Origin::isOurs)
                    .limit(MOST_FRAMES)
                    .map(StackFrame::toStackTraceElement)
                    .toList()));
  }

  private static boolean isOurs(StackFrame frame) {
    String type = frame.getClassName();
    return FUNCTIONS.contains(type) || OURS.stream().anyMatch(type::startsWith);
  }

  /// {@return the newest frame as `file:line`, for a line of text}
  public String shortText() {
    if (frames.isEmpty()) {
      return "unknown";
    }
    StackTraceElement newest = frames.getFirst();
    return newest.getFileName() + ":" + newest.getLineNumber();
  }

  /// {@return a line per frame, indented as in a stack trace}
  @Override
  public String toString() {
    return frames.stream().map(frame -> "\n  at " + frame).collect(Collectors.joining());
  }
}
