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
   * difference is the size, and both may wrap. A slot is nulled when it is taken, so a handle that
   * has run is not kept reachable.
   */

  private static final int INITIAL_CAPACITY = 256;

  private @Nullable Handle[] ring = new @Nullable Handle[INITIAL_CAPACITY];
  private int head;
  private int tail;

  void add(Handle handle) {
    if (tail - head == ring.length) {
      grow();
    }
    ring[tail++ & ring.length - 1] = handle;
  }

  /// Grows ahead of need, at a moment when failing to does no harm.
  ///
  /// @throws OutOfMemoryError if there is no memory
  void makeRoom() {
    if (tail - head > ring.length / 2) {
      grow();
    }
  }

  /// Appends places for `count` handles; each must be given to [#fill] before anything else is
  /// done.
  ///
  /// @return the place behind the last of them
  int extend(int count) {
    while (ring.length - (tail - head) < count) {
      grow();
    }
    tail += count;
    return tail;
  }

  void fill(int place, Handle handle) {
    ring[place & ring.length - 1] = handle;
  }

  @Override
  public void accept(Handle handle) {
    add(handle);
  }

  /// {@return the first handle, which stays where it is; null if there is none}
  @Nullable Handle peek() {
    return head == tail ? null : ring[head & ring.length - 1];
  }

  @Nullable Handle poll() {
    if (head == tail) {
      return null;
    }
    int index = head++ & ring.length - 1;
    Handle handle = ring[index];
    ring[index] = null;
    return handle;
  }

  /// {@return the handle so many places behind the first; those are 0 to [#size] - 1}
  Handle get(int place) {
    return Objects.requireNonNull(ring[head + place & ring.length - 1]);
  }

  int size() {
    return tail - head;
  }

  boolean isEmpty() {
    return head == tail;
  }

  private void grow() {
    int length = ring.length;
    int size = tail - head;
    int start = head & length - 1;
    int untilEnd = Math.min(size, length - start);
    var larger = new @Nullable Handle[length * 2];
    System.arraycopy(ring, start, larger, 0, untilEnd);
    System.arraycopy(ring, 0, larger, untilEnd, size - untilEnd);
    ring = larger;
    head = 0;
    tail = size;
  }
}
