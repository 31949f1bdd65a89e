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
   *
   * While the loop waits in awaitNone(), other guests that come back are left alone, so that its
   * wait ends. But a guest that runs may be blocked by one that has come back, for instance at its
   * lock. So when no guest has stopped for MOST_LOOKS looks, others run too.
   */

  private static final int MOST_LOOKS = 20; // a millisecond apart or less

  private final AtomicInteger running = new AtomicInteger();
  private final AtomicInteger looks = new AtomicInteger(); // since a guest has stopped
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
    looks.set(0);
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

  /// {@return whether the loop waits in [#awaitNone], and no guest has stopped for a while} Each
  /// call counts as a look. Any thread.
  boolean isStuck() {
    return isAwaited() && (looks.get() > MOST_LOOKS || looks.incrementAndGet() > MOST_LOOKS);
  }

  /// Waits until no guest runs in parallel with the loop; loop's thread.
  void awaitNone() {
    boolean interrupted = false;
    looks.set(0);
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
