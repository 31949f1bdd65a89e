package io.loop.event;

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
   * Ticks are counted from `startNanos`. Points on the clock wrap.
   */

  static final int DIGIT_BITS = 6;
  static final int LEVELS = 6;

  /// The slot of timers that expire after all levels.
  static final int PARKED = LEVELS << DIGIT_BITS;

  private static final long TICK_NANOS = 1_000_000;
  private static final long DIGIT_MASK = (1 << DIGIT_BITS) - 1;

  private final long startNanos;
  private final boolean exact;
  private final long tickNanos;
  private long tick;

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

  /// {@return the next slot to open; PARKED, possibly empty, if every level is empty}
  ///
  /// @param occupied a bit for each slot with timers, a word for each level
  int nextSlot(long[] occupied) {
    for (int level = 0; level < LEVELS; level++) {
      if (occupied[level] != 0) {
        return (level << DIGIT_BITS) + Long.numberOfTrailingZeros(occupied[level]);
      }
    }
    return PARKED;
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
