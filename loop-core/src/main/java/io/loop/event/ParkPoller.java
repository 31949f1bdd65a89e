package io.loop.event;

import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// The poller of a loop without input and output: it parks.
///
/// Used when no other [Poller] is on the path.
final class ParkPoller implements Poller {

  /*
   * A wake-up is an unpark: the permit it leaves makes the next park return at once, so a wake-up
   * that comes before the wait is not lost. The thread is published before the run begins, so
   * whoever finds the loop about to sleep (see WakeupGate) finds the thread that will.
   *
   * An interrupted thread does not park. The flag is taken off for the wait and put back after it,
   * so that an interrupt ends one wait, is not lost, and does not make an idle loop spin.
   */

  private volatile @Nullable Thread sleeper;
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
      park(waitNanos);
    }
    interruptSeen = interrupted;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void park(long waitNanos) {
    if (waitNanos == Long.MAX_VALUE) {
      LockSupport.park(this);
    } else {
      LockSupport.parkNanos(this, waitNanos);
    }
  }

  @Override
  public void wakeup() {
    LockSupport.unpark(sleeper);
  }

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void close() {}
}
