package io.loop.task;

import io.loop.event.Loop;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A queue of tasks that wait for the same thing, in order of arrival. A building block for
/// synchronization primitives and channels, which programs use instead.
///
/// Every method takes amortized constant time, plus constant time for each waiter that it wakes,
/// regardless of the order in which waiters are cancelled.
///
/// Each waiter is a separate future, so cancelling one does not affect the others. Loop thread and
/// coroutines of the loop only. Waking a waiter only schedules its task; it never suspends, and
/// never runs the task. So it is safe inside any callback, also one of Netty's.
///
/// A waiter that was woken stays in the line until its task runs, unless [#wakeFirst] or
/// [#wakeAndRemoveAll] has removed it. So the line also shows that a task is about to take what has
/// become free, and newcomers can be prevented from overtaking.
public final class WaiterLine {

  /*
   *   first --> A --after--> B --after--> C --after--> D, which is first.before
   *                         live         asleep
   *
   * A waiter is pending, woken or cancelled, and only a pending one can change. All waiters before
   * `asleep` are woken or cancelled, and all waiters before `live` are cancelled. The two pointers
   * only move towards the end, or to the next place when their own leaves the line, so no waiter is
   * examined twice. Null means the position after the last place.
   *
   * The line is not notified when a waiter is cancelled: the waiter leaves when its task runs, as
   * in asyncio.
   *
   * A channel has several lines, most of which stay empty. So a line is one object of 32 bytes, and
   * futures and places are created for waiters only.
   */

  /// A waiter's place in the line.
  static final class Place {
    private final LoopFuture<@Nullable Void> waiter;
    private @Nullable Place before; // of the first place: the last one; null: not in the line
    private @Nullable Place after;

    Place(LoopFuture<@Nullable Void> waiter) {
      this.waiter = waiter;
    }
  }

  private final @Nullable Loop loop;
  private @Nullable Place first;
  private @Nullable Place live;
  private @Nullable Place asleep;
  private int size;

  /// Creates an empty line. A task waits on the loop that runs it.
  public WaiterLine() {
    this.loop = null;
  }

  /// Creates an empty line for tasks of one loop. When that loop is closed, no waiter counts as
  /// asleep, and waking has no effect.
  ///
  /// @param loop the loop
  public WaiterLine(Loop loop) {
    this.loop = loop;
  }

  /// Waits at the end of the line until woken; leaves the line in any case. Coroutine only.
  ///
  /// Suspends, and is a cancellation point. Throws the exception given to [#failAll]: the same
  /// object, undeclared.
  ///
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws IllegalStateException if the caller is not a coroutine of the line's loop
  public void await() {
    await(newWaiter());
  }

  private LoopFuture<@Nullable Void> newWaiter() {
    return new LoopFuture<>(loop == null ? Loop.running() : loop);
  }

  /// Waits like [#await()], with a future that the caller also uses to identify the waiter, or to
  /// wake it.
  ///
  /// @param waiter a pending future of the running loop
  /// @throws CancelledError if the task was cancelled while it waited
  public void await(LoopFuture<@Nullable Void> waiter) {
    Place place = append(waiter);
    try {
      waiter.await();
    } finally {
      leave(place);
    }
  }

  /// Waits like [#await()]. If the waiter is woken but the wait fails nevertheless, because the
  /// task was cancelled before it ran, a callback can pass on what the waiter was woken for.
  ///
  /// @param wokenInVain the callback; runs before this throws, when the waiter has left the line
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws IllegalStateException if the caller is not a coroutine of the line's loop
  public void await(Runnable wokenInVain) {
    LoopFuture<@Nullable Void> waiter = newWaiter();
    try {
      await(waiter);
    } catch (Throwable fault) {
      if (waiter.isDone() && !waiter.isCancelled()) {
        wokenInVain.run();
      }
      throw fault;
    }
  }

  Place append(LoopFuture<@Nullable Void> waiter) {
    var place = new Place(waiter);
    Place head = first;
    if (head == null) {
      first = place;
      place.before = place;
    } else {
      Place last = lastOf(head);
      last.after = place;
      place.before = last;
      head.before = place;
    }
    if (live == null) {
      live = place;
    }
    if (asleep == null) {
      asleep = place;
    }
    size++;
    return place;
  }

  private static Place lastOf(Place head) {
    return Objects.requireNonNull(head.before);
  }

  void leave(Place place) {
    Place before = place.before;
    if (before == null) {
      return; // it was removed when it was woken
    }
    Place after = place.after;
    if (first == place) {
      first = after;
    } else {
      before.after = after;
    }
    Place next = after == null ? first : after;
    if (next != null) {
      next.before = before;
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

  /// {@return the part of a description that shows the line, for example `, waiters:2`; empty for
  /// an empty line}
  public String text() {
    return size == 0 ? "" : ", waiters:" + size;
  }

  /// {@return whether the line has a waiter that was not cancelled: one that is asleep, or that was
  /// woken and whose task has not run yet} What has become free or has arrived is for that one.
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
    while (place != null && !isAsleep(place)) {
      place = place.after;
    }
    asleep = place;
    return place;
  }

  private boolean isAsleep(Place place) {
    return !place.waiter.isDone() && (loop == null || !loop.isClosed());
  }

  /// Wakes the first waiter in the line, unless it was woken or cancelled.
  public void wakeHead() {
    Place head = first;
    if (head != null && isAsleep(head)) {
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
      if (isAsleep(head)) {
        head.waiter.setResult(null);
        return true;
      }
    }
    return false;
  }

  /// Removes all waiters, and wakes those that are asleep.
  public void wakeAndRemoveAll() {
    while (wakeFirst()) {}
  }
}
