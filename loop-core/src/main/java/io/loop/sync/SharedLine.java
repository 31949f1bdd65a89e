package io.loop.sync;

import io.loop.sync.SharedWaiter.State;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.SequencedSet;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Permits, and those who wait for one in order of arrival: coroutines of several loops, and
/// threads.
///
/// A permit is handed over: whoever waits longest gets it, and no newcomer can take it first. One
/// who gives up with a permit on the way, or whose loop is closed, passes it on.
final class SharedLine {

  /*
   * Everything here is guarded by `lock`, which the lines of one object share: methods say whether the
   * caller holds it. It is held for some instructions that call no code of the program, await
   * nothing and wake nobody. So a coroutine is never unmounted while it has the lock, and whoever has
   * it needs no loop to go on.
   *
   * A coroutine that finds it taken is unmounted, as by any lock of the JDK, and comes back through its
   * loop's ready queue; a callback waits on its loop's host. That is rare, since the lock is free
   * again before anybody could be told. Trying several times before blocking changed nothing that
   * could be measured (decision D72).
   *
   *   free > 0  implies that nobody is WAITING
   *
   * A line may be full of waiters of a loop that has stopped and is run again later: they keep their
   * places, and their permits. A loop that closes unwinds its coroutines, and so each leaves.
   */

  private final ReentrantLock lock;
  private final SequencedSet<SharedWaiter> waiting = new LinkedHashSet<>();
  private int free;

  /// Makes a line.
  ///
  /// @param lock guards it
  /// @param free how many permits there are
  SharedLine(ReentrantLock lock, int free) {
    this.lock = lock;
    this.free = free;
  }

  /// {@return how many permits a newcomer could take} Under the lock.
  int free() {
    return free;
  }

  /// {@return how many wait who have no permit} Under the lock.
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

  /// Gives a permit to a newcomer if one is free, and else puts it at the end of the line. Under
  /// the lock.
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

  /// Uses up the permit that a waiter was given. Under the lock.
  ///
  /// @return whether it has one
  boolean use(SharedWaiter waiter) {
    if (waiter.state != State.GRANTED) {
      return false;
    }
    waiter.state = State.LEFT;
    return true;
  }

  /// Adds a permit. Under the lock.
  ///
  /// @return who has it now, to be woken by [#wake] without the lock; null if nobody waits
  @Nullable SharedWaiter add() {
    if (waiting.isEmpty()) {
      free++;
      return null;
    }
    SharedWaiter next = waiting.removeFirst();
    next.state = State.GRANTED;
    return next;
  }

  /// Takes away all permits that are free, and lets all go who wait for one. Under the lock.
  ///
  /// @return who has to be woken by [#wakeAll] without the lock
  List<SharedWaiter> releaseAll() {
    free = 0;
    List<SharedWaiter> all = List.copyOf(waiting);
    waiting.clear();
    all.forEach(waiter -> waiter.state = State.LEFT);
    return all;
  }

  /// Wakes somebody who was given a permit; if its loop is closed, the next one gets it. Without
  /// the lock.
  void wake(@Nullable SharedWaiter woken) {
    for (SharedWaiter next = woken; next != null && !next.wake(); ) {
      next = takeOut(next);
    }
  }

  /// Wakes those who were let go without a permit. Without the lock.
  static void wakeAll(List<SharedWaiter> released) {
    for (SharedWaiter waiter : released) {
      boolean _ = waiter.wake(); // false if its loop has closed: then it has nothing to pass on
    }
  }

  /// Takes a waiter out, wherever it is; a permit that it has not used goes on to the next one.
  /// Without the lock.
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
