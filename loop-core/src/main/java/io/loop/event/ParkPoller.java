package io.loop.event;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The poller of a loop without input and output: it parks the thread.
///
/// Used if no other [Poller] is found.
final class ParkPoller implements Poller {

  /*
   * A wake-up sets `woken` and unparks, so one that comes before the wait is not lost. The thread
   * is published before the run begins, so a submitter that finds the loop about to sleep (see
   * WakeupGate) finds the thread. A wake-up after the last read of `woken` is cleared with it: the
   * poll ends anyway, and the submitted work is already in the inbox.
   *
   * An interrupted thread does not park. The flag is cleared for the wait and restored after it, so
   * an interrupt ends one wait, is not lost, and does not make an idle loop spin. Restoring it
   * leaves a permit, which ends the next park immediately. So the end of a park alone means
   * nothing, and the wait continues until `woken` is set or the time is up.
   */

  private volatile @Nullable Thread sleeper;
  private volatile boolean woken;
  private boolean interruptSeen;

  @Override
  public void open(PolledLoop loop) {}

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

  /// {@return whether an interrupt ended the wait; the flag is cleared}
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
