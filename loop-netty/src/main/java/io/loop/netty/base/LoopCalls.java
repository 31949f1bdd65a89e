package io.loop.netty.base;

import io.loop.event.Loop;

/// Calls on the thread of a loop, from any thread.
public final class LoopCalls {

  private LoopCalls() {}

  /// Runs an action on a loop's thread, now or soon; not if the loop is closed. Any thread.
  public static void run(Loop loop, Runnable action) {
    if (loop.isClosed()) {
      return; // the loop is closed, and its waiters with it
    }
    if (loop.isOnLoop()) {
      action.run();
      return;
    }
    try {
      loop.callSoonThreadsafe(action::run);
    } catch (IllegalStateException closed) {
      // the loop has closed in the meantime, and its waiters with it
    }
  }

  /// Runs an action on a loop's thread, soon; not if the loop is closed. Any thread.
  public static void soon(Loop loop, Runnable action) {
    try {
      loop.callSoonThreadsafe(action::run);
    } catch (IllegalStateException closed) {
      // a loop that closes also closes its connections
    }
  }
}
