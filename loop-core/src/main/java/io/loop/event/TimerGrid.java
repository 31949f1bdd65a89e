package io.loop.event;

import org.jspecify.annotations.Nullable;

/// The ticks of a wheel's time, and the slots in which timers wait for them.
///
/// Loop thread only.
final class TimerGrid {

  /*
   * The tick at which a timer expires is split into six digits of six bits, and the bits above
   * them.
   *
   *       above   | level 5 | level 4 | level 3 | level 2 | level 1 | level 0
   *       parked  |  12 d   |  4.7 h  |  262 s  |  4.1 s  |  64 ms  |  1 ms     a slot
   *
   * A timer sits at the highest digit in which its tick differs from the wheel's, in the slot that
   * digit names. So a level holds only slots ahead of the wheel's own, none wraps round, and all
   * of a level comes before all of the next: the lowest bit of the lowest bitmap that is not zero is
   * the next slot to open, and the timer to expire next is in it. When the wheel gets there, the
   * timers in it agree with the wheel in that digit and move down; one that agrees in every digit
   * goes to level 0, in the slot that is opened next.
   *
   * A slot is a list that is linked through the timers. `occupied` has a bit for each slot that is
   * not empty, and a word for each level; the last word, for PARKED and DUE, is not read.
   *
   * Ticks are counted from `startNanos`. Points on the clock wrap.
   */

  static final int DIGIT_BITS = 6;
  static final int LEVELS = 6;

  /// The slot of timers that expire after all levels.
  static final int PARKED = LEVELS << DIGIT_BITS;

  /// The slot of timers whose deadlines had passed when they were scheduled. It has no tick.
  static final int DUE = PARKED + 1;

  private static final long TICK_NANOS = 1_000_000;
  private static final long DIGIT_MASK = (1 << DIGIT_BITS) - 1;

  private final long startNanos;
  private final boolean exact;
  private final long tickNanos;
  private long tick;

  /// The first and last timer of each slot, in order of insertion.
  private final @Nullable TimerHandle[] first = new @Nullable TimerHandle[DUE + 1];

  private final @Nullable TimerHandle[] last = new @Nullable TimerHandle[DUE + 1];
  private final long[] occupied = new long[LEVELS + 1];

  /// @param exact whether a tick is a nanosecond, and not a millisecond
  TimerGrid(long startNanos, boolean exact) {
    this.startNanos = startNanos;
    this.exact = exact;
    this.tickNanos = exact ? 1 : TICK_NANOS;
  }

  /// Moves the wheel's time to a tick.
  void moveTo(long tick) {
    this.tick = tick;
  }

  /// {@return the tick of a time that is not before the current tick, rounded down}
  long tickAt(long nanos) {
    return tick + ticksIn(nanos - nanosOf(tick));
  }

  /// {@return whether a time is after the current tick}
  boolean isAhead(long nanos) {
    return nanos - nanosOf(tick) > 0;
  }

  /// {@return the slot for a deadline that is after the current tick} Rounded up to a tick.
  int slotFor(long deadlineNanos) {
    long expiry = tick + ticksIn(deadlineNanos - nanosOf(tick) + tickNanos - 1);
    int highestBit = Long.SIZE - 1 - Long.numberOfLeadingZeros(expiry ^ tick);
    int level = highestBit / DIGIT_BITS;
    if (level >= LEVELS) {
      return PARKED;
    }
    return (level << DIGIT_BITS) + (int) ((expiry >>> (level * DIGIT_BITS)) & DIGIT_MASK);
  }

  boolean isEmpty(int slot) {
    return first[slot] == null;
  }

  @Nullable TimerHandle first(int slot) {
    return first[slot];
  }

  /// {@return the next slot to open; PARKED, possibly empty, if every level is empty}
  int nextSlot() {
    for (int level = 0; level < LEVELS; level++) {
      if (occupied[level] != 0) {
        return (level << DIGIT_BITS) + Long.numberOfTrailingZeros(occupied[level]);
      }
    }
    return PARKED;
  }

  void append(TimerHandle timer, int slot) {
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

  /// {@return the first timer of a slot, which is empty then; the others follow as its `next`}
  @Nullable TimerHandle takeAll(int slot) {
    TimerHandle head = first[slot];
    first[slot] = null;
    last[slot] = null;
    occupied[slot >> DIGIT_BITS] &= ~(1L << slot);
    return head;
  }

  void unlink(TimerHandle timer, int slot) {
    TimerHandle previous = timer.previous;
    TimerHandle next = timer.next;
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
  }

  /// {@return the tick at which a slot is to be opened}
  long startOf(int slot) {
    int shift = (slot >> DIGIT_BITS) * DIGIT_BITS;
    if (slot == PARKED) {
      return ((tick >>> shift) + 1) << shift;
    }
    long digitCleared = (tick >>> shift) & ~DIGIT_MASK;
    return (digitCleared | (slot & DIGIT_MASK)) << shift;
  }

  /// {@return the last tick of a slot that is opened now}
  long lastOf(int slot) {
    return tick + (1L << ((slot >> DIGIT_BITS) * DIGIT_BITS)) - 1;
  }

  /// {@return the time at which a tick begins}
  long nanosOf(long tick) {
    return startNanos + tick * tickNanos; // wraps as the clock does
  }

  /// Divides as unsigned: a delay of almost `Long.MAX_VALUE`, counted from the tick before now,
  /// does not fit a signed long. Halving first costs a shift, `divideUnsigned` a division.
  private long ticksIn(long nanos) {
    return exact ? nanos : (nanos >>> 1) / (TICK_NANOS / 2); // by a constant, which is fast
  }
}
