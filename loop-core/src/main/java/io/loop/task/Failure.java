package io.loop.task;

import io.loop.event.MemoryReserve;
import org.jspecify.annotations.Nullable;

/// The outcome of a future that failed, and the watch kept until somebody reads it.
final class Failure {

  /*
   * unread --read--> read                  nothing to report
   * unread --future collected--> reported  by the cleaner's thread, through the loop
   * unread --loop closes--> reported       by LoopTasks
   *
   * The report must not keep the future alive, so it is an object of its own, a FailureText: it
   * knows the failure and what the future was called. Loop thread only, but for the cleaner's call.
   */

  /// For a future that has failed, when there is no memory to say with what. Nobody watches it.
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

  /// {@return a failure of a loop's future; [#OUT_OF_MEMORY] if there is no memory for it}
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

  /// Starts the watch: the future is settled with this, and nobody has read it.
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

  /// {@return the failure, which counts as read from now on}
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
