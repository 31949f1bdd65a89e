package io.loop.event;

import static java.util.Objects.requireNonNull;

import java.util.Arrays;
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
   * An unplaced timer has a delay and no deadline yet: `deadlineNanos` holds the delay until the
   * clock is read. So a timer needs no clock reading of its own. One that is cancelled before that,
   * like most timeouts around short work, never enters a wheel.
   *
   * A postponed timer stays in its slot. The slot is marked, the timer is in `postponed`, and
   * `deadlineNanos` holds the delay until the clock is read. When its old slot is opened, it moves
   * to the new one.
   *
   * The tick at which a timer expires is split into six digits of six bits, and the bits above
   * them.
   *
   *       above   | level 5 | level 4 | level 3 | level 2 | level 1 | level 0
   *       parked  |  12 d   |  4.7 h  |  262 s  |  4.1 s  |  64 ms  |  1 ms     a slot
   *
   * A timer sits at the highest digit in which its tick differs from the wheel's, in the slot that
   * digit names. So a level holds only slots ahead of the wheel's own, none wraps round, and all
   * of a level comes before all of the next: the lowest bit of the lowest bitmap that is not zero
   * is the next slot to open, and the timer to expire next is in it. When the wheel gets there, the
   * timers in it agree with the wheel in that digit and move down; one that agrees in every digit
   * goes to level 0, in the slot that is opened next.
   *
   * advance opens every slot that the time it moves to has reached, and DUE. Timers that are due by
   * then go directly to the batch, from any level; the others, and those postponed beyond the slot,
   * are moved. The batch is sorted as a whole. A timer in it is in no list. One that is cancelled
   * leaves its place in the batch, which is skipped.
   *
   * advance moves the time, gathers and sorts before it passes on any timer. So the wheel is
   * consistent whenever the callback runs. If the callback throws, the rest of the batch goes back
   * to DUE. Timers that it adds to DUE stay there. Outside advance the batch is empty.
   *
   * The file is long because every way in and out of a slot changes the same few links; sorting is
   * separate.
   */

  /// The slot of a timer that is not in a wheel.
  static final int NOT_SCHEDULED = -1;

  private static final long TICK_NANOS = 1_000_000;
  private static final int DIGIT_BITS = 6;
  private static final long DIGIT_MASK = (1 << DIGIT_BITS) - 1;
  private static final int LEVELS = 6;
  private static final int PARKED = LEVELS << DIGIT_BITS;
  private static final int DUE = PARKED + 1;
  private static final int BATCH = PARKED + 2; // no list: the timer is in `batch`
  private static final int UNPLACED = PARKED + 3;
  private static final int POSTPONED_MARK = 1 << 16;

  private static final int INITIAL_POSTPONED = 16;

  private final long startNanos;
  private final boolean exact;
  private final long tickNanos;

  /// The first and last timer of each slot's list, in order of insertion.
  private final @Nullable TimerHandle[] first = new @Nullable TimerHandle[UNPLACED + 1];

  private final @Nullable TimerHandle[] last = new @Nullable TimerHandle[UNPLACED + 1];

  /// A bit for each slot with timers; the last word, for PARKED and above, is not read.
  private final long[] occupied = new long[LEVELS + 1];

  private @Nullable TimerHandle[] postponed = new @Nullable TimerHandle[INITIAL_POSTPONED];
  private int postponedCount;

  private final TimerBatch batch = new TimerBatch();

  private long nowNanos;
  private long tick; // of nowNanos, rounded down
  private long nextSequence;
  private int size;

  TimerWheel(long startNanos) {
    this(startNanos, false);
  }

  TimerWheel(long startNanos, boolean exact) {
    this.startNanos = startNanos;
    this.exact = exact;
    this.tickNanos = exact ? 1 : TICK_NANOS;
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
    append(timer, slotFor(timer.deadlineNanos, nowNanos));
  }

  /// Adds a timer whose `deadlineNanos` is a delay. The delay starts with the next call of
  /// [#place], [#nextExpiryNanos] or [#advance].
  ///
  /// @throws IllegalStateException if the timer is already scheduled
  void scheduleAfter(TimerHandle timer) {
    enter(timer);
    append(timer, UNPLACED);
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
    return first[UNPLACED] != null;
  }

  /// Starts the delays of all unplaced and postponed timers.
  ///
  /// @param nowNanos the time on the clock
  void place(long nowNanos) {
    if (postponedCount > 0) {
      applyPostponed(nowNanos);
    }
    TimerHandle timer = first[UNPLACED];
    first[UNPLACED] = null;
    last[UNPLACED] = null;
    while (timer != null) {
      TimerHandle next = timer.next;
      timer.deadlineNanos += nowNanos;
      append(timer, slotFor(timer.deadlineNanos, nowNanos));
      timer = next;
    }
  }

  private void placeAny(long nowNanos) {
    if (postponedCount > 0 || hasUnplaced()) {
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
      boolean isNoted = slot >= POSTPONED_MARK;
      long before = isNoted ? timer.deadlineNanos : timer.deadlineNanos - nowNanos;
      if (slot == DUE || slot == BATCH || before > delayNanos) {
        remove(timer);
        scheduleAfter(timer);
      } else if (!isNoted) {
        note(timer);
      }
    }
    timer.deadlineNanos = delayNanos;
    return true;
  }

  private void note(TimerHandle timer) {
    if (postponedCount == postponed.length) {
      postponed = Arrays.copyOf(postponed, 2 * postponedCount);
    }
    postponed[postponedCount++] = timer;
    timer.slot |= POSTPONED_MARK;
  }

  /// Sets the deadlines of postponed timers. Those that were cancelled in the meantime have no
  /// mark.
  private void applyPostponed(long nowNanos) {
    for (int i = 0; i < postponedCount; i++) {
      TimerHandle timer = requireNonNull(postponed[i]);
      postponed[i] = null;
      if (timer.slot >= POSTPONED_MARK) {
        timer.slot -= POSTPONED_MARK;
        timer.deadlineNanos += nowNanos;
      }
    }
    postponedCount = 0;
  }

  /// Removes a timer immediately.
  ///
  /// @return false if it is not scheduled: it never was, has fired, or was cancelled
  boolean cancel(TimerHandle timer) {
    if (timer.slot == NOT_SCHEDULED) {
      return false;
    }
    if (hasNoDeadlineYet(timer)) {
      timer.deadlineNanos += nowNanos; // any value will do: it will not fire
    }
    remove(timer);
    return true;
  }

  /// {@return whether the timer's delay has not started}
  boolean hasNoDeadlineYet(TimerHandle timer) {
    return timer.slot >= UNPLACED;
  }

  /// Returns how long the loop may wait, in nanos: 0 when a timer is due, `Long.MAX_VALUE` when
  /// there is none. The wait may end early, when timers only change their level; it never ends
  /// after the first timer is due.
  long nextExpiryNanos(long nowNanos) {
    placeAny(nowNanos);
    if (first[DUE] != null || !batch.isEmpty()) {
      return 0;
    }
    if (size == 0) {
      return Long.MAX_VALUE;
    }
    return Math.max(0, nanosOf(startOf(nextSlot())) - nowNanos);
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
    if (first[DUE] == null && isBeforeNextSlot(targetNanos)) {
      this.nowNanos = targetNanos;
      return;
    }
    batch.begin(this.nowNanos);
    gatherPassed();
    gather(targetNanos);
    batch.sort();
    this.nowNanos = targetNanos;
    handOver(due);
  }

  int size() {
    return size;
  }

  /// Removes every timer, due or not, and passes it to the taker, in no particular order.
  void clearInto(Consumer<? super TimerHandle> taker) {
    for (int slot = 0; slot < first.length; slot++) {
      for (TimerHandle timer; (timer = first[slot]) != null; ) {
        remove(timer);
        taker.accept(timer);
      }
    }
    for (TimerHandle timer; (timer = batch.next()) != null; ) {
      removeFromBatch(timer);
      taker.accept(timer);
    }
  }

  private int slotFor(long deadlineNanos, long nowNanos) {
    return deadlineNanos - nowNanos <= 0 ? DUE : slotFor(deadlineNanos);
  }

  private int slotFor(long deadlineNanos) {
    long expiry = tick + ticksIn(deadlineNanos - nanosOf(tick) + tickNanos - 1); // rounded up
    int highestBit = Long.SIZE - 1 - Long.numberOfLeadingZeros(expiry ^ tick);
    int level = highestBit / DIGIT_BITS;
    if (level >= LEVELS) {
      return PARKED;
    }
    return (level << DIGIT_BITS) + (int) ((expiry >>> (level * DIGIT_BITS)) & DIGIT_MASK);
  }

  /// {@return the next slot to open; PARKED, possibly empty, if every level is empty}
  private int nextSlot() {
    for (int level = 0; level < LEVELS; level++) {
      if (occupied[level] != 0) {
        return (level << DIGIT_BITS) + Long.numberOfTrailingZeros(occupied[level]);
      }
    }
    return PARKED;
  }

  /// {@return the tick at which a slot is to be opened}
  private long startOf(int slot) {
    int shift = (slot >> DIGIT_BITS) * DIGIT_BITS;
    if (slot == PARKED) {
      return ((tick >>> shift) + 1) << shift;
    }
    long digitCleared = (tick >>> shift) & ~DIGIT_MASK;
    return (digitCleared | (slot & DIGIT_MASK)) << shift;
  }

  /// {@return the last tick of a slot that is opened now}
  private long lastOf(int slot) {
    return tick + (1L << ((slot >> DIGIT_BITS) * DIGIT_BITS)) - 1;
  }

  private long nanosOf(long tick) {
    return startNanos + tick * tickNanos; // wraps as the clock does
  }

  /// Divides as unsigned: a delay of almost `Long.MAX_VALUE`, counted from the tick before now,
  /// does not fit a signed long. Halving first costs a shift, `divideUnsigned` a division.
  private long ticksIn(long nanos) {
    return exact ? nanos : (nanos >>> 1) / (TICK_NANOS / 2); // by a constant, which is fast
  }

  /// Moves the tick, if no slot has to be opened on the way.
  private boolean isBeforeNextSlot(long targetNanos) {
    long target = tick + ticksIn(targetNanos - nanosOf(tick));
    boolean isBefore = startOf(nextSlot()) > target;
    if (isBefore) {
      tick = target;
    }
    return isBefore;
  }

  /// Takes the timers whose deadlines had passed when they were scheduled.
  private void gatherPassed() {
    TimerHandle timer = takeAll(DUE);
    while (timer != null) {
      timer = moveToBatch(timer);
    }
  }

  /// Moves the tick, and takes every timer that expires on the way.
  private void gather(long targetNanos) {
    boolean nonePassed = batch.isEmpty();
    long target = tick + ticksIn(targetNanos - nanosOf(tick));
    int slot = nextSlot();
    for (long start; (start = startOf(slot)) <= target; slot = nextSlot()) {
      tick = start;
      if (nonePassed) {
        batch.beginSlot();
      }
      open(slot, nanosOf(Math.min(target, lastOf(slot))));
    }
    tick = target;
  }

  /// @param endNanos timers up to this time are due; at most the end of the slot, because postponed
  ///   timers may be due after timers of other slots
  private void open(int slot, long endNanos) {
    TimerHandle timer = takeAll(slot); // first, because a timer may go back to PARKED
    while (timer != null) {
      if (timer.deadlineNanos - endNanos <= 0) {
        timer = moveToBatch(timer);
      } else {
        TimerHandle next = timer.next;
        append(timer, slotFor(timer.deadlineNanos));
        timer = next;
      }
    }
  }

  private @Nullable TimerHandle takeAll(int slot) {
    TimerHandle head = first[slot];
    first[slot] = null;
    last[slot] = null;
    occupied[slot >> DIGIT_BITS] &= ~(1L << slot);
    return head;
  }

  /// {@return the timer that followed it}
  private @Nullable TimerHandle moveToBatch(TimerHandle timer) {
    TimerHandle next = timer.next;
    timer.previous = null;
    timer.next = null;
    if (batch.add(timer)) {
      timer.slot = BATCH;
    } else {
      append(timer, DUE); // it fires in a later advance
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
          append(timer, DUE);
        }
      }
      batch.end();
    }
  }

  private void handOver(TimerHandle timer, Consumer<? super TimerHandle> due) {
    try {
      due.accept(timer);
    } catch (OutOfMemoryError full) { // the batch did not take it
      append(timer, DUE);
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

  private void append(TimerHandle timer, int slot) {
    TimerHandle previous = last[slot];
    timer.previous = previous;
    timer.next = null;
    timer.slot = slot;
    last[slot] = timer;
    if (previous != null) {
      previous.next = timer;
      return;
    }
    first[slot] = timer;
    occupied[slot >> DIGIT_BITS] |= 1L << slot;
  }

  private void remove(TimerHandle timer) {
    if (removeFromBatch(timer)) {
      return;
    }
    TimerHandle previous = timer.previous;
    TimerHandle next = timer.next;
    int slot = timer.slot & ~POSTPONED_MARK;
    if (previous == null) {
      first[slot] = next;
    } else {
      previous.next = next;
    }
    if (next == null) {
      last[slot] = previous;
    } else {
      next.previous = previous;
    }
    if (previous == null && next == null) {
      occupied[slot >> DIGIT_BITS] &= ~(1L << slot);
    }
    timer.previous = null;
    timer.next = null;
    timer.slot = NOT_SCHEDULED;
    size--;
  }
}
