package io.loop.coroutine;

import io.loop.coroutine.JdkAccess.Unavailable;
import java.util.ArrayDeque;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// Runs one virtual thread step by step, to check that this JVM schedules it as [LoopCarrier]
/// expects.
///
/// The right names alone do not prove that they behave as in JDK 25: the scheduler may be ignored,
/// or the JVM may have no continuations at all.
final class SelfCheck implements Executor, Runnable {

  /*
   * The check has its own platform thread, because a virtual thread cannot run a continuation, and
   * the first caller may be one. Only that thread uses the fields below if the JDK works as
   * expected; if it does not, a racy read can only make the check fail.
   *
   * This class must not use VirtualThreads, whose initializer waits for the check.
   */

  /// Ten short waits and not one long one: a JVM that is stopped for a while uses up only one of
  /// them.
  private static final int MOST_LOOKS = 10;

  private static final long LOOK_MILLIS = 1_000;

  private final JdkAccess jdk;
  private final ThreadLocal<String> local = new ThreadLocal<>();
  private final ArrayDeque<Runnable> handedOver = new ArrayDeque<>();
  private volatile int steps;
  private volatile boolean foundItself;
  private @Nullable Throwable fault;

  private SelfCheck(JdkAccess jdk) {
    this.jdk = jdk;
  }

  /// Checks what the JDK does.
  ///
  /// @param jdk access to it
  /// @throws Unavailable if it behaves differently from JDK 25
  static void require(JdkAccess jdk) throws Unavailable {
    var check = new SelfCheck(jdk);
    Thread checking;
    try {
      checking =
          Thread.ofPlatform()
              .name("loop-self-check")
              .daemon()
              .inheritInheritableThreadLocals(false)
              .start(check::runToItsEnd);
    } catch (Throwable noThread) { // in an initializer it would break every loop of the JVM
      throw new Unavailable("virtual threads cannot be checked: " + noThread, noThread, false);
    }
    if (!hasEnded(checking)) {
      throw new Unavailable("a virtual thread with its own scheduler does not end", null, false);
    }
    Throwable seen = check.fault;
    if (seen instanceof Unavailable known) {
      throw known;
    }
    if (seen != null) {
      throw new Unavailable("a virtual thread with its own scheduler fails: " + seen, seen, false);
    }
  }

  private static boolean hasEnded(Thread thread) {
    boolean interrupted = false;
    for (int looks = 0; looks < MOST_LOOKS && thread.isAlive(); looks++) {
      try {
        thread.join(LOOK_MILLIS);
      } catch (InterruptedException again) {
        interrupted = true; // restored below
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return !thread.isAlive();
  }

  private void runToItsEnd() {
    try {
      check();
    } catch (Throwable seen) {
      fault = seen;
    }
  }

  private void check() throws Throwable {
    Thread thread =
        (Thread) jdk.newVirtualThread().invokeExact((Executor) this, "", 0, (Runnable) this);
    require(thread.isVirtual(), "is not virtual");
    require((Object) jdk.scheduler().invokeExact(thread) == this, "has another scheduler");

    thread.start();
    Runnable continuation = handedOver.poll();
    require(continuation != null && steps == 0, "does not start on its scheduler");

    continuation.run();
    require(steps == 1 && foundItself, "does not run when its scheduler runs it");
    require(handedOver.poll() == continuation, "does not go back to its scheduler when it yields");
    require((Object) jdk.threadLocals().invokeExact(thread) != null, "hides its thread locals");
    Object _ = (Object) jdk.inheritableThreadLocals().invokeExact(thread);

    continuation.run();
    require(steps == 2 && !thread.isAlive(), "does not end");
  }

  private static void require(boolean asExpected, String otherwise) throws Unavailable {
    if (!asExpected) {
      throw new Unavailable("a virtual thread with its own scheduler " + otherwise, null, false);
    }
  }

  @Override
  public void execute(Runnable continuation) {
    handedOver.add(continuation);
  }

  /// What the thread runs.
  @Override
  @SuppressWarnings("ThreadPriorityCheck") // the yield goes to this scheduler
  public void run() {
    foundItself = Thread.currentThread().isVirtual();
    local.set("set");
    steps = 1;
    Thread.yield();
    steps = 2;
  }
}
