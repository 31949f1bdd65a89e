package io.loop.task;

import java.io.Serial;
import java.lang.StackWalker.StackFrame;
import java.util.Arrays;
import java.util.Set;

/// The place where an await threw a failure. It is added to the failure as a suppressed exception,
/// so that a printed stack trace shows the awaiting code in addition to the failing code.
///
/// Source: the frames that Python adds to a traceback as an exception propagates.
final class AwaitSite extends Throwable {

  /*
   * A failure that propagates through a chain of tasks gets a site at each task. The number of
   * sites is limited to MOST_SITES, so that a failure with many readers does not grow without
   * bound.
   */

  @Serial private static final long serialVersionUID = 1;
  private static final int MOST_SITES = 8;
  private static final int MOST_FRAMES = 16;
  private static final Set<String> OURS =
      Set.of(AwaitSite.class.getName(), TaskStep.class.getName());

  private AwaitSite(String task) {
    super("awaited by task " + task, null, false, true);
  }

  /// Adds the caller's place to a failure. Coroutine only.
  static void addTo(Throwable failure, Task<?> waiter) {
    if (failure instanceof CancelledError
        || failure == Failure.OUT_OF_MEMORY.cause() // shared
        || countIn(failure) >= MOST_SITES) {
      return;
    }
    failure.addSuppressed(new AwaitSite(waiter.getName()));
  }

  private static long countIn(Throwable failure) {
    return Arrays.stream(failure.getSuppressed()).filter(AwaitSite.class::isInstance).count();
  }

  /// Captures few frames, without ours, because this is created at every failed await.
  @Override
  public synchronized Throwable fillInStackTrace() {
    setStackTrace(
        StackWalker.getInstance()
            .walk(frames ->
                frames
                    .dropWhile(frame -> isOurs(frame))
                    .limit(MOST_FRAMES)
                    .map(StackFrame::toStackTraceElement)
                    .toArray(StackTraceElement[]::new)));
    return this;
  }

  private static boolean isOurs(StackFrame frame) {
    return OURS.contains(frame.getClassName()) || frame.getMethodName().equals("<init>");
  }

  /// {@return the text, without the name of this class}
  @Override
  @SuppressWarnings("OverrideThrowableToString") // getMessage alone would not remove the name
  public String toString() {
    return String.valueOf(getMessage());
  }
}
