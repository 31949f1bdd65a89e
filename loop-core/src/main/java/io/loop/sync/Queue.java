package io.loop.sync;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.WaiterLine;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A first-in, first-out queue that passes items between tasks.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait.
///
/// Source: `asyncio.Queue`, Python 3.15.
///
/// @param <E> the type of the items; may allow null
public sealed class Queue<E extends @Nullable Object> permits LifoQueue, PriorityQueue {

  /*
   * Items are not handed over. An item or a free place wakes the first task that waits for it. That
   * task checks again when it runs; if another task was faster, it waits at the end of the line. So
   * a task that is cancelled never takes an item with it: it only passes on its wake-up.
   *
   * `unfinished` counts the items that were put and not yet reported as done. `finished` is set
   * while it is zero.
   *
   * Subclasses define the order of the items, in insert and remove.
   */

  /// Represents a null item, because the JDK's deques reject null.
  private static final Object NULL = new Object();

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine getters = new WaiterLine();
  private final WaiterLine putters = new WaiterLine();
  private final ArrayDeque<Object> items = new ArrayDeque<>();
  private final Event finished = new Event();
  private final int maxSize;
  private int unfinished;
  private boolean shutDown;

  /// Creates a queue without a size limit.
  public Queue() {
    this(0);
  }

  /// Creates a queue.
  ///
  /// @param maxSize the maximum number of items; zero or less for no limit
  public Queue(int maxSize) {
    this.maxSize = maxSize;
    finished.set();
  }

  void insert(E item) {
    items.addLast(item == null ? NULL : item);
  }

  /// Removes the next item; called only if there is one.
  E remove() {
    return unbox(items.removeFirst());
  }

  /// Removes the item that was inserted last.
  final E removeLatest() {
    return unbox(items.removeLast());
  }

  @SuppressWarnings({"unchecked", "NullAway"}) // NULL represents a null that E allowed in insert
  private E unbox(Object item) {
    return item == NULL ? null : (E) item;
  }

  /// Returns the items, for a description.
  Collection<?> items() {
    List<@Nullable Object> shown = new ArrayList<>(items);
    shown.replaceAll(item -> item == NULL ? null : item);
    return shown;
  }

  /// {@return the number of items in this queue}
  ///
  /// Source: `Queue.qsize`.
  public int size() {
    binding.checkTurn();
    return count();
  }

  /// Like [#size], for descriptions; any thread.
  int count() {
    return items.size();
  }

  /// {@return the maximum number of items; zero or less means no limit}
  public final int maxSize() {
    return maxSize;
  }

  /// {@return whether this queue has no items}
  public final boolean isEmpty() {
    return size() == 0;
  }

  /// {@return whether this queue has reached its maximum size; a queue without a limit is never
  /// full}
  public final boolean isFull() {
    int size = size();
    return maxSize > 0 && size >= maxSize;
  }

  /// Puts an item into this queue, waiting for a free place if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if this queue is full.
  ///
  /// @param item the item
  /// @throws QueueShutDownException if this queue is shut down, possibly while the call waits
  /// @throws CancelledError if the task was cancelled while it waited; the item is not in the queue
  /// @throws IllegalStateException if the call has to wait and this queue belongs to another loop
  public final void put(E item) {
    while (isFull()) {
      if (shutDown) {
        throw shutDownError();
      }
      await(putters, () -> !isFull());
    }
    putNowait(item);
  }

  /// Puts an item into this queue if there is a free place. Never suspends.
  ///
  /// @param item the item
  /// @throws QueueFullException if this queue is full
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

  /// Removes and returns the next item, waiting for one if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if this queue is empty.
  ///
  /// @return the item
  /// @throws QueueShutDownException if this queue is empty and shut down, possibly while the call
  ///   waits
  /// @throws CancelledError if the task was cancelled while it waited; no item is removed
  /// @throws IllegalStateException if the call has to wait and this queue belongs to another loop
  public final E get() {
    while (isEmpty()) {
      if (shutDown) {
        throw shutDownError();
      }
      await(getters, () -> !isEmpty());
    }
    return getNowait();
  }

  /// Removes and returns the next item if there is one. Never suspends.
  ///
  /// @return the item
  /// @throws QueueEmptyException if this queue is empty
  /// @throws QueueShutDownException if this queue is empty and shut down
  public final E getNowait() {
    if (isEmpty()) {
      throw shutDown ? shutDownError() : new QueueEmptyException("Queue is empty.");
    }
    E item = remove();
    putters.wakeFirst();
    return item;
  }

  /// Waits in a line until woken. A caller that fails after it was woken wakes the next one if what
  /// they wait for is still available.
  private void await(WaiterLine line, BooleanSupplier isThere) {
    Loop _ = binding.bind();
    line.await(() -> {
      if (isThere.getAsBoolean()) {
        line.wakeFirst();
      }
    });
  }

  /// Reports that the processing of one item is done. Never suspends.
  ///
  /// @throws IllegalArgumentException if all items have already been reported as done
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

  /// Waits until every item that was put has been reported as done. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if some items are unfinished.
  ///
  /// @throws CancelledError if the task was cancelled while it waited
  public final void join() {
    binding.checkTurn();
    if (unfinished > 0) {
      finished.await();
    }
  }

  /// Shuts down this queue: no more items can be put; the items in it can still be removed. Never
  /// suspends.
  ///
  /// Source: `Queue.shutdown`, since Python 3.13.
  public final void shutdown() {
    shutdown(false);
  }

  /// Shuts down this queue: no more items can be put. Never suspends.
  ///
  /// Tasks that wait for a free place, or for an item while the queue is empty, receive a
  /// [QueueShutDownException]. A queue may be shut down repeatedly.
  ///
  /// @param immediate true to drop the items in the queue and count them as done; false to leave
  ///   them to be removed
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
    getters.wakeAndRemoveAll();
    putters.wakeAndRemoveAll();
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
