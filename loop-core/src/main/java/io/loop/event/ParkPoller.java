package io.loop.event;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The poller of a loop without input and output: it parks.
///
/// Used when no other [Poller] is on the path.
final class ParkPoller implements Poller {

  /*
   * A wake-up sets `woken` and unparks, so one that comes before the wait is not lost. The thread is
   * published before the run begins, so whoever finds the loop about to sleep (see WakeupGate) finds
   * the thread that will. A wake-up after the last look at `woken` is cleared with it: the poll ends
   * anyway, and what the wake-up is for is in the inbox already.
   *
   * An interrupted thread does not park. The flag is taken off for the wait and put back after it,
   * so that an interrupt ends one wait, is not lost, and does not make an idle loop spin. Putting it
   * back leaves a permit, which ends the next park at once. So the end of a park means nothing by
   * itself, and the wait goes on until `woken` is set or the time is up.
   */

  private volatile @Nullable Thread sleeper;
  private volatile boolean woken;
  private boolean interruptSeen;

  @Override
  public void open(Loop loop) {}

  @Override
  public boolean needsHost() {
    return false;
  }

  @Override
  public void enter() {
    sleeper = Thread.currentThread();
  }

  @Override
  public void poll(long waitNanos) {
    if (waitNanos <= 0) {
      return;
    }
    boolean interrupted = Thread.interrupted();
    if (!interrupted || interruptSeen) {
      interrupted |= awaitWakeup(waitNanos);
    }
    interruptSeen = interrupted;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /// {@return whether an interrupt ended the wait; it is taken off}
  private boolean awaitWakeup(long waitNanos) {
    boolean forever = waitNanos == Long.MAX_VALUE;
    long begin = forever ? 0 : nanoTime();
    for (long left = waitNanos; left > 0 && !woken; ) {
      if (forever) {
        LockSupport.park(this);
      } else {
        LockSupport.parkNanos(this, left);
        left = waitNanos - (nanoTime() - begin);
      }
      if (Thread.interrupted()) {
        return true;
      }
    }
    woken = false;
    return false;
  }

  @Override
  public void wakeup() {
    woken = true;
    LockSupport.unpark(sleeper);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void close() {}
}
