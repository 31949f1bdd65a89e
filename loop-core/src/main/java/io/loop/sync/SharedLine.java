package io.loop.sync;

import io.loop.sync.SharedWaiter.State;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Permits, and their waiters in order of arrival: coroutines of several loops, and threads.
///
/// A permit is handed to the longest waiter, and no newcomer can take it first. A waiter that gives
/// up after it was granted a permit, or whose loop is closed, passes the permit on.
final class SharedLine {

  /*
   * `lock` guards everything here; the lines of one object share it. Methods say whether the caller
   * holds it. It is held for a few instructions that call no user code, await nothing and wake no
   * waiter. So a coroutine is never unmounted while it holds the lock, and the holder needs no loop
   * to continue.
   *
   * A coroutine that finds the lock held is unmounted, as by any lock of the JDK, and resumes through
   * its loop's ready queue. A callback waits on its loop's host. Both are rare, since the lock is held
   * so briefly. Trying several times before blocking made no measurable difference (decision D72).
   *
   *   free > 0 implies that no waiter is WAITING
   *
   * A line may hold waiters of a loop that has stopped and may run again later: they keep their places
   * and their permits. A loop that closes unwinds its coroutines, and so each of them leaves.
   */

  private final ReentrantLock lock;
  private final SequencedSet<SharedWaiter> waiting = new LinkedHashSet<>();
  private int free;

  /// Creates a line.
  ///
  /// @param lock guards it
  /// @param free the number of permits
  SharedLine(ReentrantLock lock, int free) {
    this.lock = lock;
    this.free = free;
  }

  /// {@return the number of free permits} Under the lock.
  int free() {
    return free;
  }

  /// {@return the number of waiters without a permit} Under the lock.
  int waiting() {
    return waiting.size();
  }

  /// Takes a permit if one is free. Under the lock.
  ///
  /// @return whether it took one
  boolean tryTake() {
    if (free == 0) {
      return false;
    }
    free--;
    return true;
  }

  /// Grants a newcomer a permit if one is free; otherwise puts it at the end of the line. Under the
  /// lock.
  ///
  /// @return whether it has to wait
  boolean join(SharedWaiter waiter) {
    if (tryTake()) {
      waiter.state = State.GRANTED;
      return false;
    }
    waiter.state = State.WAITING;
    waiting.add(waiter);
    return true;
  }

  /// Uses the permit that a waiter was granted. Under the lock.
  ///
  /// @return whether it had one
  boolean use(SharedWaiter waiter) {
    if (waiter.state != State.GRANTED) {
      return false;
    }
    waiter.state = State.LEFT;
    return true;
  }

  /// Adds a permit. Under the lock.
  ///
  /// @return the waiter that was granted it, to pass to [#wake] without the lock; null if there is
  ///   none
  @Nullable SharedWaiter add() {
    if (waiting.isEmpty()) {
      free++;
      return null;
    }
    SharedWaiter next = waiting.removeFirst();
    next.state = State.GRANTED;
    return next;
  }

  /// Removes all free permits, and releases all waiters without a permit. Under the lock.
  ///
  /// @return the waiters, to pass to [#wakeAll] without the lock
  List<SharedWaiter> releaseAll() {
    free = 0;
    List<SharedWaiter> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(waiter -> waiter.state = State.LEFT);
    return all;
  }

  /// Wakes a waiter that was granted a permit. If its loop is closed, the next waiter gets the
  /// permit. Without the lock.
  void wake(@Nullable SharedWaiter woken) {
    for (SharedWaiter next = woken; next != null && !next.wake(); ) {
      next = takeOut(next);
    }
  }

  /// Wakes waiters that were released without a permit. Without the lock.
  static void wakeAll(List<SharedWaiter> released) {
    for (SharedWaiter waiter : released) {
      boolean _ = waiter.wake(); // false if its loop has closed: then it has nothing to pass on
    }
  }

  /// Removes a waiter in any state. A permit that it has not used goes to the next waiter. Without
  /// the lock.
  void leave(SharedWaiter waiter) {
    wake(takeOut(waiter));
  }

  private @Nullable SharedWaiter takeOut(SharedWaiter waiter) {
    lock.lock();
    try {
      State before = waiter.state;
      waiter.state = State.LEFT;
      if (before == State.WAITING) {
        waiting.remove(waiter);
      }
      return before == State.GRANTED ? add() : null;
    } finally {
      lock.unlock();
    }
  }
}
