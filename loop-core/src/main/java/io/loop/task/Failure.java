package io.loop.task;

import io.loop.event.MemoryReserve;
import org.jspecify.annotations.Nullable;

/// The outcome of a future that failed. It is watched until it is read.
final class Failure {

  /*
   * unread --read--> read                  nothing to report
   * unread --future collected--> reported  by the cleaner's thread, through the loop
   * unread --loop closes--> reported       by LoopTasks
   *
   * The report must not keep the future alive, so it is a separate object, a FailureText, which
   * knows the failure and the future's name. Loop thread only, except for the cleaner's call.
   */

  /// The failure of a future if there is no memory to keep the actual one. It is not watched.
  static final Failure OUT_OF_MEMORY =
      new Failure(
          new OutOfMemoryError("there is no memory to start this task, or to keep its failure"),
          null);

  private final Throwable cause;
  private final @Nullable UnreadFailures unread;
  private UnreadFailures.@Nullable Entry entry;

  private Failure(Throwable cause, @Nullable UnreadFailures unread) {
    this.cause = cause;
    this.unread = unread;
  }

  /// {@return a failure of a loop's future; [#OUT_OF_MEMORY] if there is no memory for one}
  static Failure of(Throwable cause, UnreadFailures unread) {
    if (cause == OUT_OF_MEMORY.cause) {
      return OUT_OF_MEMORY;
    }
    try {
      return new Failure(cause, unread);
    } catch (OutOfMemoryError full) {
      MemoryReserve.useAfter(full);
      return OUT_OF_MEMORY;
    }
  }

  /// Starts the watch, after the future was settled with this unread failure.
  void watch(LoopFuture<?> future) {
    try {
      startWatch(future);
    } catch (OutOfMemoryError full) {
      MemoryReserve.useAfter(full);
      future.loop.callExceptionHandler("A failure may go unread", cause, "future", future);
    }
  }

  private void startWatch(LoopFuture<?> future) {
    if (unread == null) {
      return;
    }
    entry = unread.add(future, FailureText.of(future, cause));
  }

  /// {@return the exception, and marks it as read}
  Throwable read() {
    if (entry != null && unread != null) {
      unread.remove(entry);
      entry = null;
    }
    return cause;
  }

  boolean isUnread() {
    return entry != null;
  }

  Throwable cause() {
    return cause;
  }

  @Override
  public String toString() {
    return cause.toString();
  }
}
