package io.loop.watchdog;

import java.lang.invoke.MethodHandles;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/// A loop that is watched: a blocking call that holds it up for long is reported.
///
/// A subclass knows the loop, and finds the call. Unless stated otherwise, its methods are called
/// by the watching and the reporting thread, while the loop runs. So the answers may be out of
/// date.
public abstract class WatchedLoop {

  /*
   * A Spell is one long blocking call. The watching thread checks whether it lasts: look() requests
   * a report after the limit, ten times the limit, and so on, and one line when it is over.
   *
   * `watched` is true while HoldUps watches this. All other fields belong to the watching thread.
   */

  /// A task that may hold a lock, as a report shows it.
  ///
  /// @param text its description and its current position; may have several lines
  /// @param needsLoop whether it can continue only when the loop does
  public record Holder(String text, boolean needsLoop) {}

  private static final int GROWTH = 10;

  static {
    load(Spell.class, HoldUps.class); // class loading takes locks, which the loop's thread must not
  }

  private final AtomicBoolean watched = new AtomicBoolean();
  private volatile @Nullable Spell spell;
  private long nextNanos;
  private @Nullable SpellReport latest;

  private static void load(Class<?>... types) {
    for (Class<?> type : types) {
      try {
        var _ = MethodHandles.lookup().ensureInitialized(type);
      } catch (IllegalAccessException fault) {
        throw new IllegalStateException(fault); // these classes are part of the library
      }
    }
  }

  /// {@return how long a loop may be held up before it is reported} Any thread.
  protected static long limitNanos() {
    return HoldUps.limitNanos();
  }

  /// {@return the real time, whatever the clock of the loop: real threads are watched} Any thread.
  protected abstract long nanoTime();

  /// {@return the blocking call that holds up the loop: the same object as before if it is the same
  /// call; null if there is none}
  ///
  /// @param before the one that was found before; null if there was none
  /// @param now the time
  protected abstract @Nullable Spell find(@Nullable Spell before, long now);

  /// {@return whether the loop has to be checked further, even if nothing was found}
  protected abstract boolean mayBeHeldUp();

  /// {@return whether a call that was found still lasts, as far as that is known without a check}
  ///
  /// @param found the call
  protected abstract boolean lasts(Spell found);

  /// {@return whether the program's callbacks run on a host}
  protected abstract boolean hasHost();

  /// {@return whether the loop is attached to an executor}
  protected abstract boolean isAttached();

  /// {@return the description of what the loop was running, or null if it was nothing}
  ///
  /// @param found the call that was found
  protected abstract @Nullable String describe(Spell found);

  /// {@return the number of tasks}
  protected abstract int countTasks();

  /// {@return the task that runs on a thread, or null if none of this loop's tasks does}
  ///
  /// @param threadId the id of the thread
  protected abstract @Nullable Holder findHolder(long threadId);

  /// Watches the loop from now on. Any thread.
  ///
  /// If there is no memory for that, the next call tries again.
  public final void watch() {
    if (!watched.get() && watched.compareAndSet(false, true)) {
      try {
        HoldUps.add(this);
      } catch (OutOfMemoryError full) {
        watched.set(false);
      }
    }
  }

  /// Checks the loop; watching thread.
  ///
  /// @return false if no further check is needed
  final boolean look() {
    long now = nanoTime();
    Spell before = spell;
    Spell seen = find(before, now);
    if (seen != before) {
      if (latest != null) {
        SpellReport ended = latest;
        HoldUps.report(() -> ended.tellEnd(now));
        latest = null;
      }
      spell = seen;
      nextNanos = limitNanos();
    }
    if (seen != null && now - seen.beganNanos() >= nextNanos) {
      nextNanos *= GROWTH;
      if (latest == null) {
        latest = new SpellReport(this, seen);
      }
      HoldUps.report(latest::tell);
    }
    if (latest != null) {
      latest.printIfStuck(now);
    }
    return seen != null || mayBeHeldUp() || !stopWatching();
  }

  private boolean stopWatching() {
    watched.set(false);
    return !mayBeHeldUp() || !watched.compareAndSet(false, true);
  }

  /// {@return whether the watching thread watches this} Any thread.
  final boolean isWatched() {
    return watched.get();
  }

  /// {@return whether the current spell was reported} Watching thread.
  final boolean isTold() {
    return latest != null;
  }

  /// {@return whether a spell that was seen still lasts} Any thread.
  final boolean goesOn(Spell seen) {
    return spell == seen && lasts(seen);
  }
}
