package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// Passes items from tasks to tasks, first in, first out.
///
/// Loop thread and coroutines of one loop only, the first on which somebody has to wait.
///
/// Source: `asyncio.Queue`, Python 3.15.
///
/// @param <E> the type of the items; null is an item if it allows that
public sealed class Queue<E extends @Nullable Object> permits LifoQueue, PriorityQueue {

  /*
   * Nothing is handed over. An item or a free place wakes the first task that waits for it, which
   * looks again when it runs; if somebody was quicker, it waits at the end of the line. So a task
   * that is cancelled never takes an item with it: it only passes its wake-up on.
   *
   * `unfinished` counts the items that were put and not yet reported done; `finished` is set while
   * it is zero.
   *
   * The order of the items is the subclass's, in insert and remove.
   */

  /// Stands for a null item: the JDK's deques take none.
  private static final Object NULL = new Object();

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine getters = new WaiterLine();
  private final WaiterLine putters = new WaiterLine();
  private final ArrayDeque<Object> items = new ArrayDeque<>();
  private final Event finished = new Event();
  private final int maxSize;
  private int unfinished;
  private boolean shutDown;

  /// Makes a queue that is never full.
  public Queue() {
    this(0);
  }

  /// Makes a queue.
  ///
  /// @param maxSize how many items it holds at most; zero or less for no limit
  public Queue(int maxSize) {
    this.maxSize = maxSize;
    finished.set();
  }

  void insert(E item) {
    items.addLast(item == null ? NULL : item);
  }

  /// Removes the item that is next; called only if there is one.
  E remove() {
    return unbox(items.removeFirst());
  }

  /// Removes the item that was inserted last.
  final E removeLatest() {
    return unbox(items.removeLast());
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // NULL stands for a null that E allowed in insert
  private E unbox(Object item) {
    return item == NULL ? null : (E) item;
  }

  /// The items, for a description.
  Collection<?> items() {
    List<@Nullable Object> shown = new ArrayList<>(items);
    shown.replaceAll(item -> item == NULL ? null : item);
    return shown;
  }

  /// {@return how many items are in this queue}
  ///
  /// Source: `Queue.qsize`.
  public int size() {
    binding.checkTurn();
    return count();
  }

  /// As [#size], for descriptions, which any thread may make.
  int count() {
    return items.size();
  }

  /// {@return how many items this queue holds at most; zero or less means no limit}
  public final int maxSize() {
    return maxSize;
  }

  /// {@return whether there is no item}
  public final boolean isEmpty() {
    return size() == 0;
  }

  /// {@return whether there is no room; a queue without limit is never full}
  public final boolean isFull() {
    int size = size();
    return maxSize > 0 && size >= maxSize;
  }

  /// Puts an item in, waiting for room if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if this queue is full.
  ///
  /// @param item the item
  /// @throws QueueShutDownException if this queue is shut down, or is while the call waits
  /// @throws CancelledError if the task was cancelled while it waited; the item is not in the queue
  /// @throws IllegalStateException if it must wait, and this queue belongs to another loop
  public final void put(E item) {
    while (isFull()) {
      if (shutDown) {
        throw shutDownError();
      }
      await(putters, () -> !isFull());
    }
    putNowait(item);
  }

  /// Puts an item in at once. Never suspends.
  ///
  /// @param item the item
  /// @throws QueueFullException if there is no room
  /// @throws QueueShutDownException if this queue is shut down
  public final void putNowait(E item) {
    binding.checkTurn();
    if (shutDown) {
      throw shutDownError();
    }
    if (isFull()) {
      throw new QueueFullException("Queue is full.");
    }
    insert(item);
    unfinished++;
    finished.clear();
    getters.wakeFirst();
  }

  /// Takes the next item out, waiting for one if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if this queue is empty.
  ///
  /// @return the item
  /// @throws QueueShutDownException if this queue is empty and shut down, or is while the call
  ///   waits
  /// @throws CancelledError if the task was cancelled while it waited; no item is taken
  /// @throws IllegalStateException if it must wait, and this queue belongs to another loop
  public final E get() {
    while (isEmpty()) {
      if (shutDown) {
        throw shutDownError();
      }
      await(getters, () -> !isEmpty());
    }
    return getNowait();
  }

  /// Takes the next item out at once. Never suspends.
  ///
  /// @return the item
  /// @throws QueueEmptyException if there is none
  /// @throws QueueShutDownException if there is none, and this queue is shut down
  public final E getNowait() {
    if (isEmpty()) {
      throw shutDown ? shutDownError() : new QueueEmptyException("Queue is empty.");
    }
    E item = remove();
    putters.wakeFirst();
    return item;
  }

  /// Waits in a line until woken. A caller that fails after it was woken wakes the next one, if
  /// what they wait for is still there.
  private void await(WaiterLine line, BooleanSupplier isThere) {
    LoopFuture<@Nullable Void> waiter = binding.newWaiter();
    try {
      line.await(waiter);
    } catch (Throwable fault) {
      waiter.cancel();
      if (isThere.getAsBoolean() && !waiter.isCancelled()) {
        line.wakeFirst();
      }
      throw fault;
    }
  }

  /// Reports that the work on one item is done. Never suspends.
  ///
  /// @throws IllegalArgumentException if no item is unfinished
  public final void taskDone() {
    binding.checkTurn();
    if (unfinished <= 0) {
      throw new IllegalArgumentException("taskDone() called too many times");
    }
    finish(1);
  }

  private void finish(int count) {
    unfinished -= count;
    if (unfinished == 0) {
      finished.set();
    }
  }

  /// Waits until every item that was put has been reported done. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if some are unfinished.
  ///
  /// @throws CancelledError if the task was cancelled while it waited
  public final void join() {
    binding.checkTurn();
    if (unfinished > 0) {
      finished.await();
    }
  }

  /// Shuts this queue down: no item can be put from now on, and those in it can still be taken.
  /// Never suspends.
  ///
  /// Source: `Queue.shutdown`, since Python 3.13.
  public final void shutdown() {
    shutdown(false);
  }

  /// Shuts this queue down: no item can be put from now on. Never suspends.
  ///
  /// Tasks that wait for room, and those that wait for an item when there is none, get a
  /// [QueueShutDownException]. Shutting down again does no harm.
  ///
  /// @param immediate whether the items in it are dropped, and count as done; else they can still
  ///   be taken
  public final void shutdown(boolean immediate) {
    binding.checkTurn();
    shutDown = true;
    if (immediate) {
      int dropped = 0;
      while (!isEmpty()) {
        remove();
        dropped++;
      }
      finish(Math.min(dropped, unfinished));
    }
    wakeAll(getters);
    wakeAll(putters);
  }

  private static void wakeAll(WaiterLine line) {
    while (line.size() > 0) {
      line.wakeFirst();
    }
  }

  private static QueueShutDownException shutDownError() {
    return new QueueShutDownException("Queue is shut down.");
  }

  @Override
  public String toString() {
    var text = new StringBuilder("<" + getClass().getSimpleName() + " maxsize=" + maxSize);
    if (count() > 0) {
      text.append(" items=").append(items());
    }
    if (getters.size() > 0) {
      text.append(" getters=").append(getters.size());
    }
    if (putters.size() > 0) {
      text.append(" putters=").append(putters.size());
    }
    if (unfinished > 0) {
      text.append(" tasks=").append(unfinished);
    }
    return text.append(shutDown ? " shutdown>" : ">").toString();
  }
}
