package io.loop.task;

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

  private final Throwable cause;
  private final UnreadFailures unread;
  private UnreadFailures.@Nullable Entry entry;

  Failure(Throwable cause, UnreadFailures unread) {
    this.cause = cause;
    this.unread = unread;
  }

  /// Starts the watch: the future is settled with this, and nobody has read it.
  void watch(LoopFuture<?> future) {
    entry = unread.add(future, FailureText.of(future, cause));
  }

  /// {@return the failure, which counts as read from now on}
  Throwable read() {
    if (entry != null) {
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
