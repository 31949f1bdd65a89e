package io.loop.event;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// What other threads hand to a loop, in the order they handed it over.
final class Inbox {

  /*
   * A stack of intrusive nodes: any thread pushes with one compare-and-set, the loop takes the whole
   * stack at once. There is no pop of a single node, hence no ABA. Each node knows how many there are
   * from it down, so the loop fills the ready queue from behind, and goes over the nodes only once.
   * The depth of the node below was written before it was published, and does not change after.
   *
   *   null <--> node -> node -> ...      open
   *   closed                             final: add refuses from here on
   *
   * Closing takes the last stack and leaves `closed` in one exchange. So whoever adds is refused, or
   * the loop has what was added.
   */

  private final AtomicReference<@Nullable SharedHandle> top = new AtomicReference<>();
  private final SharedHandle closed;
  private @Nullable SharedHandle
      undelivered; // taken, but there was no memory for the queue to grow

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
      handle.depth = seen == null ? 1 : seen.depth + 1;
    } while (!top.compareAndSet(seen, handle));
    return true;
  }

  /// {@return whether nothing waits to be moved} Loop thread only.
  boolean isEmpty() {
    SharedHandle seen = top.get();
    return (seen == null || seen == closed) && undelivered == null;
  }

  /// Moves all that was added to the queue, oldest first.
  ///
  /// @throws OutOfMemoryError if the queue cannot grow; nothing is lost, the next call tries again
  void drainTo(ReadyQueue ready) {
    if (undelivered != null) {
      deliver(ready);
    }
    SharedHandle seen = top.get();
    if (seen != null && seen != closed) { // only the loop closes
      undelivered = top.getAndSet(null);
      deliver(ready);
    }
  }

  /// Refuses everything from now on, and moves what is there to the queue, oldest first.
  void closeInto(ReadyQueue ready) {
    if (undelivered != null) {
      deliver(ready);
    }
    SharedHandle left = top.getAndSet(closed);
    if (left != closed) {
      undelivered = left;
      deliver(ready);
    }
  }

  private void deliver(ReadyQueue ready) {
    SharedHandle newest = undelivered;
    if (newest == null) {
      return;
    }
    long place = ready.extend(newest.depth);
    for (SharedHandle handle = newest; handle != null; ) {
      SharedHandle next = handle.below;
      handle.below = null; // a handle that somebody keeps must not keep the older ones
      ready.fill(--place, handle);
      handle = next;
    }
    undelivered = null;
  }
}
