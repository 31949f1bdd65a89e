package io.loop.event;

import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The handles that are ready to run, first in first out.
///
/// Loop thread only.
final class ReadyQueue implements Consumer<Handle> {

  /*
   * A power-of-two ring. `head` and `tail` only grow; their low bits are the index, their
   * difference is the size. So a handle keeps its place, a unique number, until it is taken. The
   * slot is then cleared, so a handle that has run does not stay reachable.
   */

  private static final int INITIAL_CAPACITY = 256;

  private @Nullable Handle[] ring = new @Nullable Handle[INITIAL_CAPACITY];
  private long head;
  private long tail;

  private int index(long place) {
    return (int) place & ring.length - 1;
  }

  void add(Handle handle) {
    if (tail - head == ring.length) {
      grow();
    }
    ring[index(tail++)] = handle;
  }

  /// Grows ahead of time, when a failure does no harm.
  ///
  /// @throws OutOfMemoryError if there is no memory
  void makeRoom() {
    if (tail - head > ring.length / 2) {
      grow();
    }
  }

  /// Appends places for `count` handles; each must be filled with [#fill] before anything else is
  /// done.
  ///
  /// @return the place after the last of them
  long extend(int count) {
    while (ring.length - (tail - head) < count) {
      grow();
    }
    tail += count;
    return tail;
  }

  void fill(long place, Handle handle) {
    ring[index(place)] = handle;
  }

  @Override
  public void accept(Handle handle) {
    add(handle);
  }

  /// {@return the first handle, without removing it; null if there is none}
  @Nullable Handle peek() {
    return head == tail ? null : ring[index(head)];
  }

  @Nullable Handle poll() {
    if (head == tail) {
      return null;
    }
    int index = index(head++);
    Handle handle = ring[index];
    ring[index] = null;
    return handle;
  }

  /// {@return the place of the first handle} Later handles have the next numbers.
  long firstPlace() {
    return head;
  }

  /// {@return the place of the next handle to be added}
  long nextPlace() {
    return tail;
  }

  /// {@return the handle at a place}
  Handle get(long place) {
    return Objects.requireNonNull(ring[index(place)]);
  }

  int size() {
    return (int) (tail - head);
  }

  boolean isEmpty() {
    return head == tail;
  }

  private void grow() {
    var smaller = ring;
    var larger = new @Nullable Handle[smaller.length * 2];
    for (long place = head; place != tail; place++) {
      larger[(int) place & larger.length - 1] = smaller[(int) place & smaller.length - 1];
    }
    ring = larger;
  }
}
