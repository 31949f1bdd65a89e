package io.loop.process;

import io.loop.event.Callback;
import io.loop.event.Loop;
import java.util.concurrent.Executor;

/// What the threads of the pipes share.
final class Pipes {

  /// A platform thread each: a read of a pipe holds the carrier of a virtual one, and a few hundred
  /// of those would stop every virtual thread of the process.
  static final Executor THREADS =
      task ->
          Thread.ofPlatform()
              .daemon()
              .inheritInheritableThreadLocals(false)
              .name("loop-subprocess")
              .start(task);

  private Pipes() {}

  /// {@return whether the loop took a callback, which it refuses when it is closed} Any thread.
  static boolean tell(Loop loop, Callback callback) {
    try {
      loop.callSoonThreadsafe(callback);
      return true;
    } catch (IllegalStateException closed) {
      return false;
    }
  }
}
