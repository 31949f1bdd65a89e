package io.loop.watchdog;

import org.jspecify.annotations.Nullable;

/// One blocking call.
///
/// @param thread the thread that is in it: the host, or the loop's own
/// @param beganNanos when it was entered, or was first seen
/// @param running what the loop was running, the same object as long as it runs; null if nothing
/// @param inPoll whether the loop was polling
/// @param blocker the object that the thread is parked for, according to the JDK
/// @param waits how many waits the thread has begun so far
public record Spell(
    Thread thread,
    long beganNanos,
    @Nullable Object running,
    boolean inPoll,
    @Nullable Object blocker,
    long waits) {

  /// {@return the call that a thread is in, seen from another thread}
  ///
  /// @param thread the thread
  /// @param now the time
  /// @param running what the loop is running; null if nothing
  /// @param inPoll whether the loop is polling
  /// @param blocker the object that the thread is parked for
  public static Spell seen(
      Thread thread, long now, @Nullable Object running, boolean inPoll, @Nullable Object blocker) {
    return new Spell(thread, now, running, inPoll, blocker, LockFacts.countWaits(thread));
  }

  /// {@return whether two sightings are of the same call}
  ///
  /// @param other the other one
  public boolean isSameCall(Spell other) {
    return thread == other.thread
        && running == other.running
        && blocker == other.blocker
        && waits == other.waits;
  }
}
