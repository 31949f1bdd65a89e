package io.loop.event;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// The timers of one wheel whose delay has not started. It starts at the next reading of the clock,
/// which serves all of them.
///
/// Loop thread only. Adding and removing take constant time and allocate nothing, except for an
/// array of postponed timers that grows.
final class TimerDelays {

  /*
   * An unplaced timer is in the list, and in no slot of the wheel. One that is cancelled before its
   * delay starts, like most timeouts around short work, never enters the wheel.
   *
   * A postponed timer stays in its slot of the wheel. The slot has a mark, and the timer is in
   * `postponed`. If it is cancelled, it loses the mark with its slot, and is skipped here.
   *
   * `deadlineNanos` is what the deadline would be if the delay had started at the wheel's time,
   * which does not change while there are timers in here. Starting a delay adds the time since.
   */

  private static final int INITIAL_POSTPONED = 16;
  private static final int POSTPONED_MARK = 1 << 16;

  private final int unplacedSlot;
  private @Nullable TimerHandle first;
  private @Nullable TimerHandle last;
  private @Nullable TimerHandle[] postponed = new @Nullable TimerHandle[INITIAL_POSTPONED];
  private int postponedCount;

  /// @param unplacedSlot the slot of a timer in the list; above all slots of the wheel
  TimerDelays(int unplacedSlot) {
    this.unplacedSlot = unplacedSlot;
  }

  boolean isEmpty() {
    return first == null && postponedCount == 0;
  }

  /// {@return whether there are timers that are in no slot of the wheel}
  boolean hasUnplaced() {
    return first != null;
  }

  /// {@return whether a timer's delay has not started, given its slot}
  boolean has(int slot) {
    return slot >= unplacedSlot;
  }

  static boolean isPostponed(int slot) {
    return slot >= POSTPONED_MARK;
  }

  /// {@return a slot without the mark of postponed timers}
  static int unmarked(int slot) {
    return slot & ~POSTPONED_MARK;
  }

  /// Adds a timer that is in no slot of the wheel.
  void add(TimerHandle timer) {
    TimerHandle previous = last;
    timer.previous = previous;
    timer.next = null;
    timer.slot = unplacedSlot;
    last = timer;
    if (previous == null) {
      first = timer;
    } else {
      previous.next = timer;
    }
  }

  /// Removes a timer from the list; its links and its slot are left for the caller to reset.
  void remove(TimerHandle timer) {
    TimerHandle previous = timer.previous;
    TimerHandle next = timer.next;
    if (previous == null) {
      first = next;
    } else {
      previous.next = next;
    }
    if (next == null) {
      last = previous;
    } else {
      next.previous = previous;
    }
  }

  /// Adds a timer that stays in its slot of the wheel, which is not after its new deadline.
  void note(TimerHandle timer) {
    if (postponedCount == postponed.length) {
      postponed = Arrays.copyOf(postponed, 2 * postponedCount);
    }
    postponed[postponedCount++] = timer;
    timer.slot |= POSTPONED_MARK;
  }

  /// Starts the delays of postponed timers.
  ///
  /// @param sinceNanos the time that has passed since the wheel's time
  void startPostponed(long sinceNanos) {
    for (int i = 0; i < postponedCount; i++) {
      TimerHandle timer = requireNonNull(postponed[i]);
      postponed[i] = null;
      if (isPostponed(timer.slot)) {
        timer.slot = unmarked(timer.slot);
        timer.deadlineNanos += sinceNanos;
      }
    }
    postponedCount = 0;
  }

  /// {@return the first timer of the list, or null}
  @Nullable TimerHandle firstUnplaced() {
    return first;
  }

  /// Empties the list.
  ///
  /// @return its first timer, still linked to the others
  @Nullable TimerHandle takeUnplaced() {
    TimerHandle head = first;
    first = null;
    last = null;
    return head;
  }
}
