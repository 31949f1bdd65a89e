package io.loop.event;

import static io.loop.event.TimerGrid.DUE;
import static io.loop.event.TimerGrid.PARKED;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The timers of one loop, in a hierarchy of wheels with a tick of one millisecond.
///
/// Loop thread only. The handle itself is the entry. Scheduling and cancelling take constant time
/// and allocate nothing, and a handle that is not scheduled holds no reference to another.
///
/// A timer is never early. It fires in the first [#advance] at or after its deadline, which is
/// rounded up to a tick; ticks are counted from the creation of the wheel. A timer that is due when
/// it is scheduled fires in the next advance. Deadlines are points on the loop's clock, in nanos;
/// they may be negative or wrap, and may lie up to `Long.MAX_VALUE` nanos ahead.
///
/// An exact wheel has a tick of one nanosecond, and does not round. It is for clocks that tests
/// move: it goes through its parked timers once per 69 seconds that pass in one advance.
///
/// Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", SOSP 1987, scheme 7.
final class TimerWheel {

  /*
   * `slot`, in the handle, is the whole state of a timer.
   *
   *                   schedule                        its slot is opened
   *   NOT_SCHEDULED --+----------> level 5 to 0  -----------------------> BATCH, or a lower level
   *         ^         +----------> PARKED        -- every 2^36 ticks ---> the same, or PARKED again
   *         |         +----------> DUE, when the deadline has passed already -- advance --> BATCH
   *         |         +- After --> UNPLACED      -- place --------------> any of the above but BATCH
   *         |
   *         +--- from BATCH: advance, in order of (deadline, sequence)
   *         +--- from anywhere: cancel, clear
   *
   * An unplaced timer is in `delays`: its delay starts when the clock is read next. So a timer needs
   * no reading of its own. A postponed timer is noted there, and stays in its slot until that is
   * opened; then it moves to the new one.
   *
   * TimerGrid says which slot a deadline belongs to, and which slot is opened next.
   *
   * advance opens every slot that the time it moves to has reached, and DUE. Timers that are due by
   * then go directly to the batch, from any level; the others, and those postponed beyond the slot,
   * are moved. A timer in DUE may belong to a tick that has begun and not ended. Then advance takes
   * what else is due in that tick, because the order must be that of the deadlines. The batch is
   * sorted as a whole. A timer in it is in no list. One that is cancelled leaves its place in the batch, which is skipped.
   *
   * advance moves the time, gathers and sorts before it passes on any timer. So the wheel is
   * consistent whenever the callback runs. If the callback throws, the rest of the batch goes back
   * to DUE. Timers that it adds to DUE stay there. Outside advance the batch is empty.
   */

  /// The slot of a timer that is not in a wheel.
  static final int NOT_SCHEDULED = -1;

  private static final int BATCH = PARKED + 2; // no list: the timer is in `batch`
  private static final int UNPLACED = PARKED + 3; // no slot: the timer is in `delays`

  private final TimerGrid grid;

  private final TimerDelays delays = new TimerDelays(UNPLACED);
  private final TimerBatch batch = new TimerBatch();

  private long nowNanos;
  private long nextSequence;
  private boolean passedInTick; // a deadline that was scheduled since the last advance
  private int size;

  TimerWheel(long startNanos) {
    this(startNanos, false);
  }

  TimerWheel(long startNanos, boolean exact) {
    this.grid = new TimerGrid(startNanos, exact);
    this.nowNanos = startNanos;
  }

  /// Adds a timer. A deadline in the past is allowed: the timer fires in the next advance.
  ///
  /// @throws IllegalStateException if the timer is already scheduled
  void schedule(TimerHandle timer) {
    schedule(timer, nowNanos);
  }

  /// Adds a timer when the clock has advanced since the last [#advance]: a timer that is due now
  /// fires in the next one, and is not rounded up to the end of its tick.
  ///
  /// @throws IllegalStateException if the timer is already scheduled
  void schedule(TimerHandle timer, long nowNanos) {
    enter(timer);
    int slot = slotFor(timer.deadlineNanos, nowNanos);
    passedInTick |= slot == DUE && grid.isAhead(timer.deadlineNanos);
    grid.append(timer, slot);
  }

  /// {@return the deadline of a timer whose delay starts at the wheel's time} For [#scheduleAfter].
  long deadlineAfter(long delayNanos) {
    return nowNanos + delayNanos;
  }

  /// Adds a timer with a deadline from [#deadlineAfter]. Its delay starts with the next call of
  /// [#place], [#nextExpiryNanos] or [#advance], which moves the deadline by the time until then.
  ///
  /// @throws IllegalStateException if the timer is already scheduled
  void scheduleAfter(TimerHandle timer) {
    enter(timer);
    delays.add(timer);
  }

  private void enter(TimerHandle timer) {
    if (timer.slot != NOT_SCHEDULED) {
      throw new IllegalStateException("Timer is scheduled already.");
    }
    timer.sequence = nextSequence++;
    size++;
  }

  /// {@return whether there are timers that wait for [#place]}
  boolean hasUnplaced() {
    return delays.hasUnplaced();
  }

  /// Starts the delays of all unplaced and postponed timers.
  ///
  /// @param nowNanos the time on the clock
  void place(long nowNanos) {
    long sinceNanos = nowNanos - this.nowNanos;
    delays.startPostponed(sinceNanos);
    TimerHandle timer = delays.takeUnplaced();
    while (timer != null) {
      TimerHandle next = timer.next;
      timer.deadlineNanos += sinceNanos;
      grid.append(timer, slotFor(timer.deadlineNanos, nowNanos));
      timer = next;
    }
  }

  private void placeAny(long nowNanos) {
    if (!delays.isEmpty()) {
      place(nowNanos);
    }
  }

  /// Sets a new delay for a timer, which starts at the next reading of the clock.
  ///
  /// This is very cheap if the new deadline is not before the old one.
  ///
  /// @return false if it is not scheduled: it has fired, or was cancelled
  boolean postpone(TimerHandle timer, long delayNanos) {
    int slot = timer.slot;
    if (slot == NOT_SCHEDULED) {
      return false;
    }
    if (slot != UNPLACED) {
      if (slot == DUE || slot == BATCH || timer.deadlineNanos - nowNanos > delayNanos) {
        remove(timer);
        scheduleAfter(timer);
      } else if (!delays.has(slot)) {
        delays.note(timer);
      }
    }
    timer.deadlineNanos = deadlineAfter(delayNanos);
    return true;
  }

  /// Removes a timer immediately.
  ///
  /// @return false if it is not scheduled: it never was, has fired, or was cancelled
  boolean cancel(TimerHandle timer) {
    if (timer.slot == NOT_SCHEDULED) {
      return false;
    }
    remove(timer);
    return true;
  }

  /// {@return whether the timer's delay has not started, so that its deadline will move}
  boolean isDelayed(TimerHandle timer) {
    return delays.has(timer.slot);
  }

  /// Returns how long the loop may wait, in nanos: 0 when a timer is due, `Long.MAX_VALUE` when
  /// there is none. The wait may end early, when timers only change their level; it never ends
  /// after the first timer is due.
  long nextExpiryNanos(long nowNanos) {
    placeAny(nowNanos);
    if (!grid.isEmpty(DUE) || !batch.isEmpty()) {
      return 0;
    }
    if (size == 0) {
      return Long.MAX_VALUE;
    }
    return Math.max(0, grid.nanosOf(grid.startOf(grid.nextSlot())) - nowNanos);
  }

  /// Moves the wheel's time and fires every timer that is due by then, ordered by deadline and then
  /// by the order of scheduling. A time before the last one counts as the last one.
  ///
  /// The callback may schedule and cancel. A timer that it schedules waits for the next advance
  /// even if it is due; one that it cancels does not fire. If it throws, the timers that have not
  /// fired yet fire in the next advance.
  void advance(long nowNanos, Consumer<? super TimerHandle> due) {
    long targetNanos = nowNanos - this.nowNanos > 0 ? nowNanos : this.nowNanos;
    placeAny(targetNanos);
    boolean sharesTick = passedInTick && !grid.isEmpty(DUE);
    passedInTick = false;
    if (grid.isEmpty(DUE) && isBeforeNextSlot(targetNanos)) {
      this.nowNanos = targetNanos;
      return;
    }
    batch.begin(this.nowNanos);
    gatherPassed();
    gather(targetNanos);
    if (sharesTick && grid.isAhead(targetNanos)) {
      open(grid.slotFor(targetNanos), targetNanos);
    }
    batch.sort();
    this.nowNanos = targetNanos;
    handOver(due);
  }

  int size() {
    return size;
  }

  /// Removes every timer, due or not, and passes it to the taker, in no particular order.
  void clearInto(Consumer<? super TimerHandle> taker) {
    for (int slot = 0; slot <= DUE; slot++) {
      for (TimerHandle timer; (timer = grid.first(slot)) != null; ) {
        remove(timer);
        taker.accept(timer);
      }
    }
    for (TimerHandle timer; (timer = delays.firstUnplaced()) != null; ) {
      remove(timer);
      taker.accept(timer);
    }
    for (TimerHandle timer; (timer = batch.next()) != null; ) {
      removeFromBatch(timer);
      taker.accept(timer);
    }
  }

  private int slotFor(long deadlineNanos, long nowNanos) {
    return deadlineNanos - nowNanos <= 0 ? DUE : grid.slotFor(deadlineNanos);
  }

  /// Moves the tick, if no slot has to be opened on the way.
  private boolean isBeforeNextSlot(long targetNanos) {
    long target = grid.tickAt(targetNanos);
    boolean isBefore = grid.startOf(grid.nextSlot()) > target;
    if (isBefore) {
      grid.moveTo(target);
    }
    return isBefore;
  }

  /// Takes the timers whose deadlines had passed when they were scheduled.
  private void gatherPassed() {
    TimerHandle timer = grid.takeAll(DUE);
    while (timer != null) {
      timer = moveToBatch(timer);
    }
  }

  /// Moves the tick, and takes every timer that expires on the way.
  private void gather(long targetNanos) {
    boolean nonePassed = batch.isEmpty();
    long target = grid.tickAt(targetNanos);
    int slot = grid.nextSlot();
    for (long start; (start = grid.startOf(slot)) <= target; slot = grid.nextSlot()) {
      grid.moveTo(start);
      if (nonePassed) {
        batch.beginSlot();
      }
      open(slot, grid.nanosOf(Math.min(target, grid.lastOf(slot))));
    }
    grid.moveTo(target);
  }

  /// @param endNanos timers up to this time are due; at most the end of the slot, because postponed
  ///   timers may be due after timers of other slots
  private void open(int slot, long endNanos) {
    TimerHandle timer = grid.takeAll(slot); // first, because a timer may go back to PARKED
    while (timer != null) {
      if (timer.deadlineNanos - endNanos <= 0) {
        timer = moveToBatch(timer);
      } else {
        TimerHandle next = timer.next;
        grid.append(timer, grid.slotFor(timer.deadlineNanos));
        timer = next;
      }
    }
  }

  /// {@return the timer that followed it}
  private @Nullable TimerHandle moveToBatch(TimerHandle timer) {
    TimerHandle next = timer.next;
    timer.previous = null;
    timer.next = null;
    if (batch.add(timer)) {
      timer.slot = BATCH;
    } else {
      grid.append(timer, DUE); // it fires in a later advance
    }
    return next;
  }

  private void handOver(Consumer<? super TimerHandle> due) {
    try {
      for (TimerHandle timer; (timer = batch.next()) != null; ) {
        if (removeFromBatch(timer)) {
          handOver(timer, due);
        }
      }
    } finally {
      for (TimerHandle timer; (timer = batch.next()) != null; ) {
        if (timer.slot == BATCH) {
          grid.append(timer, DUE);
        }
      }
      batch.end();
    }
  }

  private void handOver(TimerHandle timer, Consumer<? super TimerHandle> due) {
    try {
      due.accept(timer);
    } catch (OutOfMemoryError full) { // the batch did not take it
      grid.append(timer, DUE);
      size++;
      throw full;
    }
  }

  /// @return false if the timer was cancelled or moved in the meantime
  private boolean removeFromBatch(TimerHandle timer) {
    if (timer.slot != BATCH) {
      return false;
    }
    timer.slot = NOT_SCHEDULED;
    size--;
    return true;
  }

  private void remove(TimerHandle timer) {
    if (removeFromBatch(timer)) {
      return;
    }
    if (timer.slot == UNPLACED) {
      delays.remove(timer);
    } else {
      grid.unlink(timer, TimerDelays.unmarked(timer.slot));
    }
    timer.previous = null;
    timer.next = null;
    timer.slot = NOT_SCHEDULED;
    size--;
  }
}
