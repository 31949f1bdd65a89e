package io.loop;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;

/// Ends the process when a [SystemExit] or [KeyboardInterrupt] is not caught, with its exit code
/// and without a stack trace, as Python does.
final class ExitWhenUncaught implements Thread.UncaughtExceptionHandler {

  /*
   * It is installed on a thread just before a run on that thread throws one of the two, so it has
   * no effect on a program that catches them. Any other uncaught exception is handled as if it were
   * not installed.
   *
   * A separate thread calls System.exit, because a shutdown hook may join the thread that threw.
   */

  private static final int INTERRUPTED = 130; // 128 + SIGINT, as in a shell

  private ExitWhenUncaught() {}

  /// Installs this on the calling thread, unless the program has given the thread a handler.
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
