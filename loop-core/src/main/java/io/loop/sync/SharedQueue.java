package io.loop.sync;

import io.loop.task.CancelledError;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Passes items between coroutines of any loops and other threads, first in, first out.
///
/// Any thread. A coroutine that has to wait suspends, and resumes on its own loop. A thread that
/// runs no loop blocks. A callback must not wait: it may call [#offer(Object)], [#poll()] and
/// [#shutdown()], which never suspend. As with any lock of the JDK, a coroutine may be unmounted
/// briefly while another thread is inside the same call. On a single loop a [Queue] is cheaper.
///
/// Waiting threads and coroutines are served in order of arrival, and newcomers do not overtake
/// them. Items leave in the order in which they were put. If several callers take items at the same
/// time, it is unspecified which of them gets which item.
///
/// An item stays in the queue until the call that takes it returns. If a waiting call ends because
/// its task was cancelled, its thread was interrupted or its loop was closed, no item is lost, and
/// the next waiter gets its turn. A loop that has stopped but is not closed keeps the places of its
/// coroutines, so close loops that you no longer run.
///
/// Source: `put`, `get`, `size` and `shutdown` are `asyncio.Queue`'s, Python 3.15; `offer` and
/// `poll` are those of [java.util.concurrent.BlockingQueue]. Python's library for this is janus.
///
/// @param <E> the type of the items; never null
public final class SharedQueue<E> {

  /*
   * A call that takes an item needs a permit of `items`, and one that puts an item needs a permit of
   * `room`. `lock` guards both lines and all fields; see SharedLine for how long it is held.
   *
   *   queue.size() == items.free() + permits granted to woken waiters
   *   maxSize == queue.size() + room.free() + permits granted to woken waiters
   *
   * So a permit of `items` promises some item, not a particular one, and a promised item still counts
   * as present. After a shutdown, waiters are released without a permit only when the last item has
   * been taken, because promised items may be returned until then.
   */

  private final ReentrantLock lock = new ReentrantLock();
  private final SharedLine items = new SharedLine(lock, 0);
  private final SharedLine room;
  private final ArrayDeque<E> queue = new ArrayDeque<>();
  private final int maxSize;
  private boolean shutDown;

  /// Creates a queue that is never full.
  public SharedQueue() {
    this(0);
  }

  /// Creates a queue.
  ///
  /// @param maxSize the maximum number of items; zero or less for no limit
  public SharedQueue(int maxSize) {
    this.maxSize = maxSize;
    this.room = new SharedLine(lock, maxSize > 0 ? maxSize : Integer.MAX_VALUE);
  }

  /// Puts an item in, waiting for room if necessary. Coroutines, and threads that run no loop.
  ///
  /// Suspends or blocks, and is a cancellation point, only if this queue is full or others wait for
  /// room.
  ///
  /// @param item the item
  /// @throws QueueShutDownException if this queue is shut down, or is shut down while the call
  ///   waits
  /// @throws CancelledError if the task was cancelled while it waited; the item is not in the queue
  /// @throws InterruptedException if the thread was interrupted while it waited, with the same
  ///   effect; never in a coroutine
  /// @throws IllegalStateException if the caller is a callback
  public void put(E item) throws InterruptedException {
    boolean _ = put(item, null);
  }

  /// Puts an item in, waiting up to a time limit for room; like [#put].
  ///
  /// @param item the item
  /// @param limit the time limit; zero or less to try once
  /// @return false if the limit has passed and the item is not in the queue
  /// @throws QueueShutDownException if this queue is shut down, or is shut down while the call
  ///   waits
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws InterruptedException if the thread was interrupted while it waited
  /// @throws IllegalStateException if the caller is a callback
  public boolean offer(E item, Duration limit) throws InterruptedException {
    return put(item, Objects.requireNonNull(limit, "limit"));
  }

  /// Puts an item in if there is room now. Never suspends.
  ///
  /// @param item the item
  /// @return whether it is in the queue now
  /// @throws QueueShutDownException if this queue is shut down
  public boolean offer(E item) {
    Objects.requireNonNull(item, "item");
    LoopBinding.takeTurn();
    SharedWaiter woken;
    lock.lock();
    try {
      requireOpen();
      if (!room.tryTake()) {
        return false;
      }
      queue.addLast(item);
      woken = items.add();
    } finally {
      lock.unlock();
    }
    items.wake(woken);
    return true;
  }

  private boolean put(E item, @Nullable Duration limit) throws InterruptedException {
    SharedWaiter.requireMayWait();
    if (offer(item)) {
      return true;
    }
    if (isOver(limit)) {
      return false;
    }
    SharedWaiter waiter = SharedWaiter.here();
    try {
      if (joinForRoom(waiter)) {
        waiter.await(limit);
      }
      return putAs(waiter, item);
    } finally {
      room.leave(waiter);
    }
  }

  private boolean joinForRoom(SharedWaiter waiter) {
    lock.lock();
    try {
      requireOpen();
      return room.join(waiter);
    } finally {
      lock.unlock();
    }
  }

  private boolean putAs(SharedWaiter waiter, E item) {
    SharedWaiter woken;
    lock.lock();
    try {
      requireOpen();
      if (!room.use(waiter)) {
        return false;
      }
      queue.addLast(item);
      woken = items.add();
    } finally {
      lock.unlock();
    }
    items.wake(woken);
    return true;
  }

  private void requireOpen() {
    if (shutDown) {
      throw shutDownError();
    }
  }

  /// Takes the next item out, waiting for one if necessary. Coroutines, and threads that run no
  /// loop.
  ///
  /// Suspends or blocks, and is a cancellation point, only if every item is promised to an earlier
  /// caller, or there is none.
  ///
  /// @return the item
  /// @throws QueueShutDownException if this queue is empty and shut down, or is while the call
  ///   waits
  /// @throws CancelledError if the task was cancelled while it waited; no item is taken
  /// @throws InterruptedException if the thread was interrupted while it waited, with the same
  ///   effect; never in a coroutine
  /// @throws IllegalStateException if the caller is a callback
  public E get() throws InterruptedException {
    return Objects.requireNonNull(
        get(null)); // without a limit the call never returns without an item
  }

  /// Takes the next item out, waiting up to a time limit for one; like [#get].
  ///
  /// @param limit the time limit; zero or less to try once
  /// @return the item, or null if the limit has passed
  /// @throws QueueShutDownException if this queue is empty and shut down, or is while the call
  ///   waits
  /// @throws CancelledError if the task was cancelled while it waited
  /// @throws InterruptedException if the thread was interrupted while it waited
  /// @throws IllegalStateException if the caller is a callback
  public @Nullable E poll(Duration limit) throws InterruptedException {
    return get(Objects.requireNonNull(limit, "limit"));
  }

  /// Takes the next item out if there is one that is not promised to an earlier caller. Never
  /// suspends.
  ///
  /// @return the item, or null if there is none
  /// @throws QueueShutDownException if this queue is empty and shut down
  public @Nullable E poll() {
    LoopBinding.takeTurn();
    return take(null);
  }

  private @Nullable E get(@Nullable Duration limit) throws InterruptedException {
    SharedWaiter.requireMayWait();
    E item = take(null);
    if (item != null || isOver(limit)) {
      return item;
    }
    SharedWaiter waiter = SharedWaiter.here();
    try {
      if (joinForItem(waiter)) {
        waiter.await(limit);
      }
      return take(waiter);
    } finally {
      items.leave(waiter);
    }
  }

  private boolean joinForItem(SharedWaiter waiter) {
    lock.lock();
    try {
      requireNotAtEnd();
      return items.join(waiter);
    } finally {
      lock.unlock();
    }
  }

  /// Takes an item with the permit of a waiter, or of a newcomer if that is null.
  private @Nullable E take(@Nullable SharedWaiter waiter) {
    E item;
    SharedWaiter woken;
    List<SharedWaiter> released;
    lock.lock();
    try {
      requireNotAtEnd();
      if (waiter == null ? !items.tryTake() : !items.use(waiter)) {
        return null;
      }
      item = queue.removeFirst();
      woken = room.add();
      released = releaseIfAtEnd();
    } finally {
      lock.unlock();
    }
    room.wake(woken);
    SharedLine.wakeAll(released);
    return item;
  }

  private void requireNotAtEnd() {
    if (shutDown && queue.isEmpty()) {
      throw shutDownError();
    }
  }

  private List<SharedWaiter> releaseIfAtEnd() {
    return shutDown && queue.isEmpty() ? items.releaseAll() : List.of();
  }

  private static boolean isOver(@Nullable Duration limit) {
    return limit != null && !limit.isPositive();
  }

  /// Shuts this queue down: no more items can be put in, and those in it can still be taken. Any
  /// thread, never suspends.
  ///
  /// Source: `Queue.shutdown`, since Python 3.13.
  public void shutdown() {
    shutdown(false);
  }

  /// Shuts this queue down: no more items can be put in. Any thread, never suspends.
  ///
  /// Calls that wait for room throw [QueueShutDownException], and so do calls that wait for an item
  /// if there is none. Shutting down again has no effect.
  ///
  /// @param immediate whether the items in it are dropped; otherwise they can still be taken
  public void shutdown(boolean immediate) {
    LoopBinding.takeTurn();
    List<SharedWaiter> putters;
    List<SharedWaiter> getters;
    lock.lock();
    try {
      shutDown = true;
      if (immediate) {
        queue.clear();
      }
      putters = room.releaseAll();
      getters = releaseIfAtEnd();
    } finally {
      lock.unlock();
    }
    SharedLine.wakeAll(putters);
    SharedLine.wakeAll(getters);
  }

  private static QueueShutDownException shutDownError() {
    return new QueueShutDownException("Queue is shut down.");
  }

  /// {@return the number of items in this queue, including those promised to a woken caller that
  /// has not run yet} Any thread; the answer may be out of date.
  ///
  /// Source: `Queue.qsize`.
  public int size() {
    LoopBinding.takeTurn();
    lock.lock();
    try {
      return queue.size();
    } finally {
      lock.unlock();
    }
  }

  /// {@return the maximum number of items; zero or less means no limit} Any thread.
  public int maxSize() {
    return maxSize;
  }

  @Override
  public String toString() {
    lock.lock();
    try {
      return "<SharedQueue maxsize=%d items=%d getters=%d putters=%d%s>"
          .formatted(
              maxSize, queue.size(), items.waiting(), room.waiting(), shutDown ? " shutdown" : "");
    } finally {
      lock.unlock();
    }
  }
}
