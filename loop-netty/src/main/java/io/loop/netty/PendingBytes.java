package io.loop.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/// Bytes that wait to be passed to Netty, in order, in one array on the heap.
///
/// The connection's loop only.
final class PendingBytes {

  /*
   * array[head, tail) holds the bytes. They move to the front, or to a larger array, when room runs
   * out; an empty queue keeps no array, so an idle connection needs no memory.
   */

  private static final int SMALLEST = 256;
  private static final byte[] NONE = {};

  private byte[] array = NONE;
  private int head;
  private int tail;

  int size() {
    return tail - head;
  }

  boolean isEmpty() {
    return head == tail;
  }

  void add(byte[] data, int offset, int length) {
    makeRoom(length);
    System.arraycopy(data, offset, array, tail, length);
    tail += length;
  }

  private void makeRoom(int length) {
    if (array.length - tail >= length) {
      return;
    }
    int size = size();
    int needed = Math.addExact(size, length);
    byte[] target = needed <= array.length / 2 ? array : new byte[Math.max(needed, grown())];
    System.arraycopy(array, head, target, 0, size);
    array = target;
    head = 0;
    tail = size;
  }

  private int grown() {
    return array.length > Integer.MAX_VALUE / 2
        ? Integer.MAX_VALUE - 8
        : Math.max(SMALLEST, array.length * 2);
  }

  /// {@return the first bytes, at most `most`} The caller must release them.
  ByteBuf take(ByteBufAllocator allocator, int most) {
    int count = Math.min(most, size());
    ByteBuf taken = allocator.ioBuffer(count).writeBytes(array, head, count);
    head += count;
    if (head == tail) {
      clear();
    }
    return taken;
  }

  void clear() {
    array = NONE;
    head = 0;
    tail = 0;
  }
}
