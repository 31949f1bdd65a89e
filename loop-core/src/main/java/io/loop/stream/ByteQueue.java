package io.loop.stream;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Bytes in order of arrival, in one array.
final class ByteQueue {

  /*
   * array[head, tail) holds the bytes. When room runs out the bytes move to the front, or to a
   * larger array if less than half would be free. An empty queue keeps no array, so an idle
   * connection needs no memory. A caller who takes exactly the array's content gets the array
   * itself.
   */

  private static final byte[] NONE = {};

  /// The longest array that every JVM can allocate.
  private static final int LONGEST = Integer.MAX_VALUE - 8;

  private byte[] array = NONE;
  private int head;
  private int tail;

  int size() {
    return tail - head;
  }

  void add(ByteBuffer data) {
    int length = data.remaining();
    makeRoom(length);
    data.get(array, tail, length);
    tail += length;
  }

  private void makeRoom(int length) {
    if (array.length - tail >= length) {
      return;
    }
    int size = size();
    int needed = Math.addExact(size, length);
    byte[] target = array;
    if (needed > array.length / 2) {
      target = new byte[size == 0 ? length : grown(size, needed)];
    }
    System.arraycopy(array, head, target, 0, size);
    array = target;
    head = 0;
    tail = size;
  }

  /// {@return the length of the next array, for `needed` bytes, when an array of `size` is full} At
  /// least twice the size, as long as the JVM allows it, so growing byte by byte stays cheap.
  static int grown(int size, int needed) {
    return (int) Math.max(needed, Math.min(2L * size, LONGEST));
  }

  /// Puts bytes at the front, for example to return those that were taken last.
  void addFirst(byte[] data) {
    if (data.length == 0) {
      return;
    }
    int size = size();
    byte[] target = Arrays.copyOf(data, Math.addExact(data.length, size));
    System.arraycopy(array, head, target, data.length, size);
    array = target;
    head = 0;
    tail = target.length;
  }

  byte[] take(int count) {
    if (head == 0 && count == array.length) {
      byte[] whole = array;
      clear();
      return whole;
    }
    byte[] taken = Arrays.copyOfRange(array, head, head + count);
    skip(count);
    return taken;
  }

  /// Takes bytes into a part of an array.
  void take(byte[] target, int offset, int count) {
    System.arraycopy(array, head, target, offset, count);
    skip(count);
  }

  void skip(int count) {
    head += count;
    if (head == tail) {
      clear();
    }
  }

  void clear() {
    array = NONE;
    head = 0;
    tail = 0;
  }

  boolean startsWith(byte[] prefix, int from) {
    return size() - from >= prefix.length
        && Arrays.equals(array, head + from, head + from + prefix.length, prefix, 0, prefix.length);
  }

  /// {@return the index of a pattern, at or after an offset; -1 if it is not found}
  int indexOf(byte[] pattern, int from) {
    int last = size() - pattern.length;
    byte first = pattern[0];
    for (int i = from; i <= last; i++) {
      if (array[head + i] == first && startsWith(pattern, i)) {
        return i;
      }
    }
    return -1;
  }
}
