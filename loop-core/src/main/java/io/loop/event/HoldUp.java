package io.loop.event;

import io.loop.coroutine.Coroutine;
import io.loop.watchdog.Spell;
import io.loop.watchdog.WatchedLoop;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Detects that a loop is held up because its host or thread is blocked.
final class HoldUp extends WatchedLoop {

  /*
   * What detects it depends on the loop:
   *
   *   with a host     the loop's thread, in an Interlude that lasts for the limit: park() and end()
   *   without one     the watching thread, which checks the loop's thread several times within the
   *                   limit, and finds it in the same call each time: sample()
   *
   * `hosts` is written by the loop's thread and read by the watching one. `parked` and `beganNanos`
   * belong to the loop's thread.
   */

  private static final Poller CLOCK = new ParkPoller();

  private final Loop loop;
  private volatile @Nullable Spell hosts;
  private boolean parked;
  private long beganNanos;

  HoldUp(Loop loop) {
    this.loop = loop;
  }

  @Override
  protected long nanoTime() {
    return CLOCK.nanoTime();
  }

  /// Parks the loop's thread while its host is blocked, and detects if that takes long.
  ///
  /// @param here the park blocker
  /// @param host the host's thread
  void park(Object here, Thread host) {
    if (hosts != null) {
      LockSupport.park(here);
      return;
    }
    long now = nanoTime();
    if (!parked) {
      parked = true;
      beganNanos = now;
    }
    long left = limitNanos() - (now - beganNanos);
    if (left > 0) {
      LockSupport.parkNanos(here, left);
    } else {
      begin(host);
    }
  }

  private void begin(Thread host) {
    try {
      Turn turn = loop.turn();
      hosts = new Spell(host, beganNanos, turn.running(), turn.isToPoll(), null, 0);
      watch();
    } catch (OutOfMemoryError full) {
      beganNanos = nanoTime(); // so that this is tried again
    }
  }

  /// The host continues; loop's thread.
  void end() {
    parked = false;
    if (hosts != null) {
      hosts = null;
    }
  }

  @Override
  protected @Nullable Spell find(@Nullable Spell before, long now) {
    return loop.hasHost() ? hosts : sample(before, now);
  }

  private @Nullable Spell sample(@Nullable Spell before, long now) {
    Thread thread = loop.presence().heldUpThread();
    if (thread == null) {
      return null;
    }
    Object blocker = LockSupport.getBlocker(thread);
    if (blocker instanceof Coroutine) {
      return null; // portable carrier: a coroutine runs, and computes
    }
    if (!loop.lifecycle().isTurnUnderWayOrOwed() && !isAtLock(thread, blocker)) {
      return null; // an executor's thread with nothing to do
    }
    Turn turn = loop.turn();
    Spell seen = Spell.seen(thread, now, turn.running(), turn.isToPoll(), blocker);
    return before != null && before.isSameCall(seen) ? before : seen;
  }

  private static boolean isAtLock(Thread thread, @Nullable Object blocker) {
    return thread.getState() == Thread.State.BLOCKED
        || blocker instanceof AbstractOwnableSynchronizer;
  }

  @Override
  protected boolean mayBeHeldUp() {
    return loop.hasHost() ? hosts != null : loop.isRunning();
  }

  @Override
  protected boolean lasts(Spell found) {
    return !loop.hasHost() || hosts == found;
  }

  @Override
  protected boolean hasHost() {
    return loop.hasHost();
  }

  @Override
  protected boolean isAttached() {
    return loop.isAttached();
  }

  @Override
  protected @Nullable String describe(Spell found) {
    if (!(found.running() instanceof Handle running)) {
      return null;
    }
    Origin origin = running.origin();
    return describe(running) + (origin == null ? "" : ", created at " + origin.shortText());
  }

  private static String describe(Handle running) {
    try {
      return running.describe();
    } catch (Throwable fault) { // the text comes from the program
      return "a callback whose description failed with " + fault.getClass().getName();
    }
  }

  @Override
  protected int countTasks() {
    GuestDirectory guests = loop.guests();
    return guests == null ? 0 : guests.count();
  }

  @Override
  protected @Nullable Holder findHolder(long threadId) {
    GuestDirectory guests = loop.guests();
    GuestDirectory.Entry found = guests == null ? null : guests.find(threadId);
    return found == null ? null : new Holder(found.text(), found.needsLoop());
  }
}
