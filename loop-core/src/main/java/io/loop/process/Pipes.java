package io.loop.process;

import io.loop.event.Callback;
import io.loop.event.Loop;
import java.util.concurrent.Executor;

/// Shared helpers of the pipe threads.
final class Pipes {

  /// One platform thread per pipe: a read of a pipe pins the carrier of a virtual thread, and a few
  /// hundred of those would stop every virtual thread of the process.
  static final Executor THREADS =
      task ->
          Thread.ofPlatform()
              .daemon()
              .inheritInheritableThreadLocals(false)
              .name("loop-subprocess")
              .start(task);

  private Pipes() {}

  /// {@return whether the loop accepted a callback; a closed loop does not} Any thread.
  static boolean tell(Loop loop, Callback callback) {
    try {
      loop.callSoonThreadsafe(callback);
      return true;
    } catch (IllegalStateException closed) {
      return false;
    }
  }
}
