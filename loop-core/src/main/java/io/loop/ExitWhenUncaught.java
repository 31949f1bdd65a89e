package io.loop;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;

/// Ends the process where nobody catches a [SystemExit] or [KeyboardInterrupt], with its code and
/// without a stack trace, as Python does.
final class ExitWhenUncaught implements Thread.UncaughtExceptionHandler {

  /*
   * It is given to a thread just before a run on it throws one of the two, so a program that catches
   * them never meets it. Whatever else that thread dies of is told as if it were not there.
   *
   * The process ends on a thread of its own: a shutdown hook may join the thread that threw.
   */

  private static final int INTERRUPTED = 130; // 128 + SIGINT, as in a shell

  private ExitWhenUncaught() {}

  /// Looks after the calling thread from now on, unless the program has given it a handler.
  static void armCallingThread() {
    Thread thread = Thread.currentThread();
    if (thread.getUncaughtExceptionHandler() == thread.getThreadGroup()) {
      thread.setUncaughtExceptionHandler(new ExitWhenUncaught());
    }
  }

  @Override
  public void uncaughtException(Thread thread, Throwable fault) {
    switch (fault) {
      case SystemExit exit -> exit(exit.code());
      case KeyboardInterrupt _ -> exit(INTERRUPTED);
      default -> thread.getThreadGroup().uncaughtException(thread, fault);
    }
  }

  private static void exit(int code) {
    Thread.ofPlatform().daemon(false).name("loop-exit").start(() -> System.exit(code));
  }
}
