package io.loop.task;

import org.jspecify.annotations.Nullable;

/// A queue of tasks that wait for the same thing, in order of arrival. A building block for
/// synchronization primitives, which programs use instead.
///
/// Every method takes amortized constant time, plus constant time for each waiter that it wakes,
/// regardless of the order in which waiters are cancelled.
///
/// Each waiter is a separate future, so cancelling one does not affect the others. Loop thread and
/// coroutines of the loop only. Waking a waiter only schedules its task; it never suspends, and
/// never runs the task.
public final class WaiterLine {

  /*
   *   first --> A --after--> B --after--> C --after--> D <-- last
   *                         live         asleep
   *
   * A waiter is pending, woken or cancelled, and only a pending one can change. All waiters before
   * `asleep` are woken or cancelled, and all waiters before `live` are cancelled. The two pointers
   * only move towards the end, or to the next place when their own leaves the line, so no waiter is
   * examined twice. Null means the position after the last place.
   *
   * The line is not notified when a waiter is cancelled: the waiter leaves when its task runs, as
   * in asyncio.
   */

  /// A waiter's place in the line.
  static final class Place {
    private final LoopFuture<@Nullable Void> waiter;
    private @Nullable Place before;
    private @Nullable Place after;

    Place(LoopFuture<@Nullable Void> waiter) {
      this.waiter = waiter;
    }
  }

  private @Nullable Place first;
  private @Nullable Place last;
  private @Nullable Place live;
  private @Nullable Place asleep;
  private int size;

  /// Creates an empty line.
  public WaiterLine() {}

  /// Waits at the end of the line until woken; leaves the line in any case. Coroutine only.
  ///
  /// Suspends, and is a cancellation point. Throws the exception given to [#failAll]: the same
  /// object, undeclared.
  ///
  /// @param waiter a pending future of the running loop that is not used elsewhere
  /// @throws CancelledError if the task was cancelled while it waited
  public void await(LoopFuture<@Nullable Void> waiter) {
    Place place = append(waiter);
    try {
      waiter.await();
    } finally {
      leave(place);
    }
  }

  Place append(LoopFuture<@Nullable Void> waiter) {
    var place = new Place(waiter);
    Place before = last;
    if (before == null) {
      first = place;
    } else {
      before.after = place;
      place.before = before;
    }
    last = place;
    if (live == null) {
      live = place;
    }
    if (asleep == null) {
      asleep = place;
    }
    size++;
    return place;
  }

  void leave(Place place) {
    Place before = place.before;
    Place after = place.after;
    if (before == null && first != place) {
      return; // wakeFirst has removed it
    }
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.before = before;
    }
    if (live == place) {
      live = after;
    }
    if (asleep == place) {
      asleep = after;
    }
    place.before = null;
    place.after = null;
    size--;
  }

  /// {@return the number of waiters in the line} Includes woken and cancelled waiters until their
  /// tasks run.
  public int size() {
    return size;
  }

  /// {@return whether the line has a waiter that was not cancelled}
  public boolean hasLive() {
    Place place = live;
    while (place != null && place.waiter.isCancelled()) {
      place = place.after;
    }
    live = place;
    return place != null;
  }

  /// {@return whether the line has a waiter that was neither woken nor cancelled}
  public boolean hasAsleep() {
    return firstAsleep() != null;
  }

  private @Nullable Place firstAsleep() {
    Place place = asleep;
    while (place != null && place.waiter.isDone()) {
      place = place.after;
    }
    asleep = place;
    return place;
  }

  /// Wakes the first waiter in the line, unless it was woken or cancelled.
  public void wakeHead() {
    Place head = first;
    if (head != null && !head.waiter.isDone()) {
      head.waiter.setResult(null);
    }
  }

  /// Wakes the first waiter that is asleep; it stays in the line until its task runs.
  ///
  /// @return the waiter, or null if none is asleep
  public @Nullable LoopFuture<@Nullable Void> wakeNext() {
    Place place = firstAsleep();
    if (place == null) {
      return null;
    }
    place.waiter.setResult(null);
    return place.waiter;
  }

  /// Wakes up to `count` waiters that are asleep, in order; they stay in the line until their tasks
  /// run.
  ///
  /// @param count the maximum number of waiters to wake
  /// @return the number of waiters woken
  public int wake(int count) {
    int woken = 0;
    while (woken < count && wakeNext() != null) {
      woken++;
    }
    return woken;
  }

  /// Wakes all waiters that are asleep; they stay in the line until their tasks run.
  public void wakeAll() {
    for (Place place; (place = firstAsleep()) != null; ) {
      place.waiter.setResult(null);
    }
  }

  /// Fails all waiters that are asleep; they stay in the line until their tasks run.
  ///
  /// @param cause the exception that [#await] throws
  public void failAll(Throwable cause) {
    for (Place place; (place = firstAsleep()) != null; ) {
      place.waiter.setException(cause);
    }
  }

  /// Removes all waiters up to and including the first that is asleep, and wakes that one.
  ///
  /// @return false if no waiter was asleep; the line is empty then
  public boolean wakeFirst() {
    for (Place head; (head = first) != null; ) {
      leave(head);
      if (!head.waiter.isDone()) {
        head.waiter.setResult(null);
        return true;
      }
    }
    return false;
  }
}
