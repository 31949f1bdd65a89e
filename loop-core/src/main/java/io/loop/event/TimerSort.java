package io.loop.event;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/// Sorts a list of timers by deadline, and by sequence where deadlines are equal.
///
/// Loop thread only.
final class TimerSort {

  /*
   * The ascending runs that the list is made of are merged in their own links: no array, however
   * many timers there are, and one pass where the list is in order, as it mostly is. Only `next` is
   * looked at, and only `next` is set.
   *
   * What is compared are distances from the wheel's last advance. A long holds them, as it does not
   * always hold the distance between two deadlines: one long past, the other reached by a great jump.
   */

  private final long nowNanos;
  private @Nullable TimerHandle rest;

  private TimerSort(TimerHandle head, long nowNanos) {
    this.rest = head;
    this.nowNanos = nowNanos;
  }

  static boolean isSorted(TimerHandle head, long nowNanos) {
    return new TimerSort(head, nowNanos).countRuns() <= 1;
  }

  /// {@return the new head}
  ///
  /// @param nowNanos the time of the wheel's last advance
  static TimerHandle sort(TimerHandle head, long nowNanos) {
    var sort = new TimerSort(head, nowNanos);
    return sort.mergeRuns(sort.countRuns());
  }

  private int countRuns() {
    int runs = 0;
    TimerHandle previous = null;
    for (TimerHandle timer = rest; timer != null; timer = timer.next) {
      if (previous == null || isBefore(timer, previous)) {
        runs++;
      }
      previous = timer;
    }
    return runs;
  }

  /// Takes the first `count` runs off the list and returns them as one.
  private TimerHandle mergeRuns(int count) {
    if (count == 1) {
      return takeRun();
    }
    TimerHandle left = mergeRuns(count / 2);
    TimerHandle right = mergeRuns(count - count / 2);
    return merge(left, right);
  }

  private TimerHandle takeRun() {
    TimerHandle start = requireNonNull(rest);
    TimerHandle end = start;
    TimerHandle next = end.next;
    while (next != null && !isBefore(next, end)) {
      end = next;
      next = end.next;
    }
    end.next = null;
    rest = next;
    return start;
  }

  private TimerHandle merge(TimerHandle left, TimerHandle right) {
    boolean swapped = isBefore(right, left);
    TimerHandle head = swapped ? right : left;
    TimerHandle other = swapped ? left : right;
    TimerHandle tail = head; // merged up to here, and followed by the rest of its own run
    for (TimerHandle next; (next = tail.next) != null; tail = next) {
      if (isBefore(other, next)) {
        tail.next = other;
        TimerHandle overtaken = next;
        next = other;
        other = overtaken;
      }
    }
    tail.next = other;
    return head;
  }

  private boolean isBefore(TimerHandle timer, TimerHandle reference) {
    long nanos = timer.deadlineNanos - nowNanos;
    long referenceNanos = reference.deadlineNanos - nowNanos;
    return nanos != referenceNanos ? nanos < referenceNanos : timer.sequence < reference.sequence;
  }
}
