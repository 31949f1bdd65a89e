package io.loop.task;

import org.jspecify.annotations.Nullable;

/// Tasks that wait for the same thing, in order of arrival. For the classes that such a thing is
/// made of; programs use those.
///
/// Every method takes constant time for each waiter that it wakes, and constant time besides, in
/// the mean of many calls. That holds in whatever order waiters are cancelled.
///
/// Each waiter is a future of its own, so that cancelling one leaves the others alone. Loop thread
/// and coroutines of the loop only. Waking only schedules: it never suspends, and never runs a
/// waiter.
public final class WaiterLine {

  /*
   *   first --> A --after--> B --after--> C --after--> D <-- last
   *                         live         asleep
   *
   * A waiter is pending, woken or cancelled, and only the first can change. So whoever stands before
   * `asleep` is woken or cancelled, and whoever stands before `live` is cancelled. The two move
   * towards the end only, or to the next place when theirs leaves the line. So nobody looks at a
   * waiter twice. Null means that there is none behind the last either.
   *
   * Nobody tells the line that a waiter was cancelled: it leaves when its task runs, as in asyncio.
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

  /// Makes an empty line.
  public WaiterLine() {}

  /// Suspends at the end of the line until woken; leaves it in any case. Coroutine only.
  ///
  /// Suspends, and is a cancellation point. Throws what [#failAll] was given, the very object,
  /// undeclared.
  ///
  /// @param waiter a pending future of the running loop, which nobody else has
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
      return; // wakeFirst has taken it out
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

  /// {@return how many are in the line} Those who were woken or cancelled are, until they run.
  public int size() {
    return size;
  }

  /// {@return whether somebody is in the line who was not cancelled}
  public boolean hasLive() {
    Place place = live;
    while (place != null && place.waiter.isCancelled()) {
      place = place.after;
    }
    live = place;
    return place != null;
  }

  /// {@return whether somebody is in the line who was neither woken nor cancelled}
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

  /// Wakes the head of the line, unless it was woken or cancelled.
  public void wakeHead() {
    Place head = first;
    if (head != null && !head.waiter.isDone()) {
      head.waiter.setResult(null);
    }
  }

  /// Wakes the first one that is asleep; it stays in the line until it runs.
  ///
  /// @return whom it woke, or null if all are awake
  public @Nullable LoopFuture<@Nullable Void> wakeNext() {
    Place place = firstAsleep();
    if (place == null) {
      return null;
    }
    place.waiter.setResult(null);
    return place.waiter;
  }

  /// Wakes the first ones that are asleep; they stay in the line until they run.
  ///
  /// @param count how many at most
  /// @return how many were woken
  public int wake(int count) {
    int woken = 0;
    while (woken < count && wakeNext() != null) {
      woken++;
    }
    return woken;
  }

  /// Wakes all that are asleep; they stay in the line until they run.
  public void wakeAll() {
    for (Place place; (place = firstAsleep()) != null; ) {
      place.waiter.setResult(null);
    }
  }

  /// Lets all that are asleep fail; they stay in the line until they run.
  ///
  /// @param cause what [#await] throws
  public void failAll(Throwable cause) {
    for (Place place; (place = firstAsleep()) != null; ) {
      place.waiter.setException(cause);
    }
  }

  /// Takes everybody out of the line up to the first who is asleep, and wakes that one.
  ///
  /// @return false if nobody was asleep; the line is empty then
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
