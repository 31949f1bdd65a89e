package io.loop.event;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// What other threads hand to a loop, in the order they handed it over.
final class Inbox {

  /*
   * A stack of intrusive nodes: any thread pushes with one compare-and-set, the loop takes the whole
   * stack at once and turns it over. There is no pop of a single node, hence no ABA.
   *
   *   null <--> node -> node -> ...      open
   *   closed                             final: add refuses from here on
   */

  private final AtomicReference<@Nullable SharedHandle> top = new AtomicReference<>();
  private final SharedHandle closed;

  Inbox(Loop loop) {
    closed = new SharedHandle(loop, () -> {}, null);
  }

  /// Adds a handle; any thread.
  ///
  /// @return false if the loop is closed, and the handle was not taken
  boolean add(SharedHandle handle) {
    @Nullable SharedHandle seen;
    do {
      seen = top.get();
      if (seen == closed) {
        return false;
      }
      handle.below = seen;
    } while (!top.compareAndSet(seen, handle));
    return true;
  }

  boolean isEmpty() {
    return top.get() == null;
  }

  /// Moves all that was added to the queue, oldest first.
  void drainTo(ReadyQueue ready) {
    if (top.get() != null) {
      deliver(top.getAndSet(null), ready);
    }
  }

  /// Refuses everything from now on and drops what is there.
  void close() {
    top.set(closed);
  }

  private static void deliver(@Nullable SharedHandle newest, ReadyQueue ready) {
    SharedHandle oldest = null;
    while (newest != null) {
      SharedHandle next = newest.below;
      newest.below = oldest;
      oldest = newest;
      newest = next;
    }
    while (oldest != null) {
      SharedHandle next = oldest.below;
      oldest.below = null;
      ready.add(oldest);
      oldest = next;
    }
  }
}
