package io.loop.event;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The guests that run in parallel with a loop whose thread is held up, and whether it is.
final class Rescued {

  /*
   *   rescuer                            loop's thread
   *   begin(): running++                 is free again (the JVM changes its state)
   *   isHeldUp()? else running--         awaitNone(): running?
   *
   * Each side stores, then loads, so they cannot both miss: either the rescuer sees that the thread is
   * free and leaves the guest alone, or the thread sees the guest and waits for it.
   */

  private final AtomicInteger running = new AtomicInteger();
  private volatile @Nullable Thread waiting;

  /// {@return whether a thread is in a blocking call} Any thread.
  static boolean isHeldUp(Thread thread) {
    return switch (thread.getState()) {
      case BLOCKED, WAITING, TIMED_WAITING -> true;
      default -> false;
    };
  }

  /// Any thread.
  void begin() {
    running.incrementAndGet();
  }

  /// Any thread.
  void end() {
    if (running.decrementAndGet() == 0) {
      LockSupport.unpark(waiting);
    }
  }

  /// {@return whether no guest runs in parallel with the loop} Loop's thread.
  boolean isNone() {
    return running.get() == 0;
  }

  /// {@return whether the loop's thread is in [#awaitNone]} Any thread.
  boolean isAwaited() {
    return waiting != null;
  }

  /// Waits until no guest runs in parallel with the loop; loop's thread.
  void awaitNone() {
    boolean interrupted = false;
    waiting = Thread.currentThread();
    while (running.get() > 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
    }
    waiting = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
