package io.loop.event;

import io.loop.coroutine.Coroutine;
import java.lang.System.Logger.Level;
import java.lang.invoke.MethodHandles;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.AbstractOwnableSynchronizer;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Detects that a loop is held up because its host or thread is blocked, and has that reported.
final class HoldUp {

  /*
   * A Spell is one long blocking call. What detects it depends on the loop:
   *
   *   with a host     the loop's thread, in an Interlude that lasts for the limit: park() and end()
   *   without one     the watching thread, which checks the loop's thread several times within the
   *   limit, and finds it in the same call each time
   *
   * From then on the watching thread checks whether the spell lasts: look() requests a report after
   * the limit, ten times the limit, and so on, and one line when it is over.
   *
   * `watched` is true while HoldUps watches this. `hosts` is written by the loop's thread and read
   * by the watching one. `parked` and `beganNanos` belong to the loop's thread, `spell`,
   * `nextNanos`,
   * `latest` to the watching one.
   */

  /// One blocking call.
  ///
  /// @param thread the thread that is in it: the host, or the loop's own
  /// @param beganNanos when it was entered, or was first seen
  /// @param running the running handle; null if there is none
  /// @param inPoll whether the loop was polling
  /// @param blocker the object that the thread is parked for, according to the JDK
  /// @param waits how many waits the thread has begun so far
  record Spell(
      Thread thread,
      long beganNanos,
      @Nullable Handle running,
      boolean inPoll,
      @Nullable Object blocker,
      long waits) {

    boolean isSameCall(Spell other) {
      return thread == other.thread
          && running == other.running
          && blocker == other.blocker
          && waits == other.waits;
    }
  }

  private static final System.Logger LOG = System.getLogger("io.loop");
  private static final int GROWTH = 10;

  static {
    load(Spell.class, HoldUps.class); // class loading takes locks, which the loop's thread must not
  }

  private final Loop loop;
  private final AtomicBoolean watched = new AtomicBoolean();
  private volatile @Nullable Spell hosts;

  private boolean parked;
  private long beganNanos;

  private volatile @Nullable Spell spell;
  private long nextNanos;
  private @Nullable Report latest;

  HoldUp(Loop loop) {
    this.loop = loop;
  }

  private static void load(Class<?>... types) {
    for (Class<?> type : types) {
      try {
        var _ = MethodHandles.lookup().ensureInitialized(type);
      } catch (IllegalAccessException fault) {
        throw new IllegalStateException(fault); // these classes are part of the library
      }
    }
  }

  /// Watches the loop from now on, while it runs; for loops without a host.
  ///
  /// If there is no memory for that, the next call tries again.
  void watch() {
    if (!watched.get() && watched.compareAndSet(false, true)) {
      try {
        HoldUps.add(this);
      } catch (OutOfMemoryError full) {
        watched.set(false);
      }
    }
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
    long now = HoldUps.nanoTime();
    if (!parked) {
      parked = true;
      beganNanos = now;
    }
    long left = HoldUps.limitNanos() - (now - beganNanos);
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
      beganNanos = HoldUps.nanoTime(); // so that this is tried again
    }
  }

  /// The host continues; loop's thread.
  void end() {
    parked = false;
    if (hosts != null) {
      hosts = null;
    }
  }

  /// Checks the loop; watching thread.
  ///
  /// @return false if no further check is needed
  boolean look(long now) {
    Spell before = spell;
    Spell seen = find(now);
    if (seen != before) {
      if (latest != null) {
        Report ended = latest;
        HoldUps.report(() -> ended.tellEnd(now));
        latest = null;
      }
      spell = seen;
      nextNanos = HoldUps.limitNanos();
    }
    if (seen != null && now - seen.beganNanos() >= nextNanos) {
      nextNanos *= GROWTH;
      if (latest == null) {
        latest = new Report(seen);
      }
      HoldUps.report(latest::tell);
    }
    if (latest != null) {
      latest.printIfStuck(now);
    }
    return seen != null || isSampled() || !stopWatching();
  }

  /// {@return whether the watching thread watches this} Any thread.
  boolean isWatched() {
    return watched.get();
  }

  /// {@return whether the current spell was reported} Watching thread.
  boolean isTold() {
    return latest != null;
  }

  private boolean stopWatching() {
    watched.set(false);
    return (hosts == null && !isSampled()) || !watched.compareAndSet(false, true);
  }

  private boolean isSampled() {
    return !loop.hasHost() && loop.isRunning();
  }

  private @Nullable Spell find(long now) {
    return loop.hasHost() ? hosts : sample(now);
  }

  /// {@return the blocking call that the loop's own thread is in: the same object as before if it
  /// is the same call; null if there is none}
  private @Nullable Spell sample(long now) {
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
    var seen =
        new Spell(
            thread, now, turn.running(), turn.isToPoll(), blocker, LockFacts.countWaits(thread));
    Spell before = spell;
    return before != null && before.isSameCall(seen) ? before : seen;
  }

  private static boolean isAtLock(Thread thread, @Nullable Object blocker) {
    return thread.getState() == Thread.State.BLOCKED
        || blocker instanceof AbstractOwnableSynchronizer;
  }

  /// {@return whether a spell that was seen still lasts} Any thread.
  private boolean goesOn(Spell seen) {
    return spell == seen && (!loop.hasHost() || hosts == seen);
  }

  /// The reports about one spell. [#tell] and [#tellEnd] run on the reporting thread.
  private final class Report {

    /*
     * `text` is set by the reporting thread while it logs. If it is still set after the limit, the
     * logger is held up too, perhaps by the same lock. Then the watching thread, which owns the
     * last three fields, writes the text where no lock is needed.
     */

    private final Spell told;
    private volatile @Nullable String text;
    private boolean isLogged;
    private @Nullable String seenText;
    private long seenNanos;
    private boolean isPrinted;

    Report(Spell told) {
      this.told = told;
    }

    void tell() {
      if (!goesOn(told)) {
        return;
      }
      String made = HoldUpReport.of(loop, told, seconds(HoldUps.nanoTime()));
      if (!goesOn(told)) {
        return; // the report may contain facts from after the spell
      }
      text = made;
      try {
        LOG.log(Level.WARNING, made);
        isLogged = true;
      } finally {
        text = null;
      }
    }

    void tellEnd(long now) {
      if (isLogged) {
        LOG.log(Level.WARNING, "An event loop that was held up continues, after " + seconds(now));
      }
    }

    private String seconds(long now) {
      return TimeUnit.NANOSECONDS.toSeconds(now - told.beganNanos()) + " s";
    }

    void printIfStuck(long now) {
      String logging = text;
      if (logging == null || !logging.equals(seenText)) {
        seenText = logging;
        seenNanos = now;
        isPrinted = false;
      } else if (!isPrinted && now - seenNanos >= HoldUps.limitNanos()) {
        isPrinted = true;
        HoldUps.print(logging + "\n  the logger is held up too");
      }
    }
  }
}
