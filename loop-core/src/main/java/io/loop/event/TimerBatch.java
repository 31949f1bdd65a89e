package io.loop.event;

import java.util.Arrays;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/// Timers that are due, to be sorted by deadline, and by sequence if deadlines are equal.
///
/// Loop thread only. First [#begin], then [#add], then [#sort], then [#next], then [#end].
final class TimerBatch {

  /*
   * Each timer is stored with its distance from the wheel's last advance, which fits a long. The
   * distance between two deadlines may not fit, if one is long past and the clock jumped far to
   * reach the other. Timers that are added in order, which is the usual case, are not sorted.
   *
   * A million timers do not fit a cache, and comparing two of them would be two cache misses. So
   * large batches are sorted without reading the timers. Distance and place in `timers` are packed
   * into one long, and these are sorted by distance in a few stable counting passes (LSD radix
   * sort):
   *
   *       | 0 | distance from the earliest | place |
   *              `-- digits of equal width, the lowest first
   *
   * The timers stay in place; `next` finds them by their places. Equal distances keep the order of
   * their places, which is right if sequences ascend there. In one slot of the wheel they do,
   * except for timers that were moved, and timers of two slots never have equal deadlines: hence
   * `beginSlot`. If sequences do not ascend, or the two parts do not fit a long, the timers are
   * compared.
   *
   * The arrays are kept, up to a size.
   */

  private static final int MIN_RADIX = 256;
  private static final int MAX_DIGIT_BITS = 12;
  private static final int INITIAL_CAPACITY = 16;
  private static final int MAX_KEPT = 1 << 16;

  private @Nullable TimerHandle[] timers = new @Nullable TimerHandle[INITIAL_CAPACITY];
  private long[] keys = new long[INITIAL_CAPACITY]; // distances; once packed, with places
  private long[] spare = new long[0];
  private final int[] starts = new int[1 << MAX_DIGIT_BITS];

  private int count;
  private int taken;
  private long originNanos;
  private long lastSequence;
  private boolean inOrder;
  private boolean inSequence;
  private long placeMask; // of a packed key; 0 while keys are not packed

  /// Starts an empty batch.
  ///
  /// @param originNanos the time of the wheel's last advance
  void begin(long originNanos) {
    this.originNanos = originNanos;
    inOrder = true;
    inSequence = true;
    lastSequence = -1;
  }

  /// Notes that the timers that follow have other deadlines than all timers before.
  void beginSlot() {
    lastSequence = -1;
  }

  /// {@return whether there was memory for another timer}
  boolean add(TimerHandle timer) {
    if (count == timers.length && !grow()) {
      return false;
    }
    long nanos = timer.deadlineNanos - originNanos;
    boolean follows = timer.sequence > lastSequence;
    inSequence &= follows;
    inOrder &= count == 0 || nanos > keys[count - 1] || (nanos == keys[count - 1] && follows);
    lastSequence = timer.sequence;
    keys[count] = nanos;
    timers[count++] = timer;
    return true;
  }

  private boolean grow() {
    try {
      @Nullable TimerHandle[] more = Arrays.copyOf(timers, 2 * count);
      keys = Arrays.copyOf(keys, 2 * count);
      timers = more;
      return true;
    } catch (OutOfMemoryError full) {
      return false;
    }
  }

  boolean isEmpty() {
    return taken == count;
  }

  /// Sorts the timers; leaves them unsorted if there is no memory for sorting.
  void sort() {
    try {
      sortByDeadline();
    } catch (OutOfMemoryError full) {
      // nothing is lost: sorting only swaps
    }
  }

  private void sortByDeadline() {
    if (inOrder || (count >= MIN_RADIX && inSequence && sortByRadix())) {
      return;
    }
    long origin = originNanos;
    Arrays.sort(
        timers,
        0,
        count,
        Comparator.<TimerHandle>comparingLong(timer -> timer.deadlineNanos - origin)
            .thenComparingLong(timer -> timer.sequence));
  }

  /// {@return the next timer, or null at the end}
  @Nullable TimerHandle next() {
    if (taken == count) {
      return null;
    }
    int place = taken++;
    return timers[placeMask == 0 ? place : (int) (keys[place] & placeMask)];
  }

  /// Clears the batch, and releases arrays that are too large to keep.
  void end() {
    if (count > MAX_KEPT) {
      timers = new @Nullable TimerHandle[INITIAL_CAPACITY];
      keys = new long[INITIAL_CAPACITY];
      spare = new long[0];
    } else {
      Arrays.fill(timers, 0, count, null);
    }
    count = 0;
    taken = 0;
    placeMask = 0;
  }

  /// @return false if the keys do not fit
  private boolean sortByRadix() {
    long earliest = Long.MAX_VALUE;
    long latest = Long.MIN_VALUE;
    for (int i = 0; i < count; i++) {
      earliest = Math.min(earliest, keys[i]);
      latest = Math.max(latest, keys[i]);
    }
    int placeBits = Integer.SIZE - Integer.numberOfLeadingZeros(count - 1);
    int keyBits = Long.SIZE - Long.numberOfLeadingZeros(latest - earliest);
    if (placeBits + keyBits >= Long.SIZE) {
      return false;
    }
    if (spare.length != keys.length) {
      spare = new long[keys.length];
    }
    for (int i = 0; i < count; i++) {
      keys[i] = (keys[i] - earliest) << placeBits | i;
    }
    placeMask = (1L << placeBits) - 1;
    int passes = Math.ceilDiv(keyBits, MAX_DIGIT_BITS);
    int digitBits = Math.ceilDiv(keyBits, passes);
    for (int pass = 0; pass < passes; pass++) {
      sortByDigit(placeBits + pass * digitBits, (1 << digitBits) - 1);
    }
    return true;
  }

  private void sortByDigit(int shift, int mask) {
    long[] from = keys;
    long[] to = spare;
    Arrays.fill(starts, 0, mask + 1, 0);
    for (int i = 0; i < count; i++) {
      starts[(int) (from[i] >>> shift) & mask]++;
    }
    int start = 0;
    for (int digit = 0; digit <= mask; digit++) {
      int size = starts[digit];
      starts[digit] = start;
      start += size;
    }
    for (int i = 0; i < count; i++) {
      long key = from[i];
      to[starts[(int) (key >>> shift) & mask]++] = key;
    }
    keys = to;
    spare = from;
  }
}
