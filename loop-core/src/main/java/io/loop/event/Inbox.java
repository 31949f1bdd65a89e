package io.loop.event;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/// The handles that other threads submit to a loop, in order.
final class Inbox {

  /*
   * A stack of intrusive nodes: any thread pushes with one compare-and-set, the loop takes the
   * whole stack in one step. No single node is popped, so there is no ABA problem. Each node knows
   * its depth, so the loop fills the ready queue from the end, and visits the nodes only once. The
   * depth of the node below was written before it was published, and does not change after.
   *
   *   null <--> node -> node -> ...      open
   *   closed                             final: add refuses from here on
   *
   * Closing takes the last stack and leaves `closed` in one exchange. So an add is either refused,
   * or the loop has the handle.
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

  /// {@return whether there is nothing to move} Loop thread only.
  boolean isEmpty() {
    SharedHandle seen = top.get();
    return (seen == null || seen == closed) && undelivered == null;
  }

  /// Moves all added handles to the queue, oldest first.
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

  /// Refuses handles from now on, and moves those that are there to the queue, oldest first.
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
      handle.below = null; // a reachable handle must not keep older ones reachable
      ready.fill(--place, handle);
      handle = next;
    }
    undelivered = null;
  }
}
