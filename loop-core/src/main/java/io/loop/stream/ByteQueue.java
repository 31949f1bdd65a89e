package io.loop.stream;

import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Bytes in order of arrival, in one array, and segments after it.
final class ByteQueue {

  /*
   * array[head, tail) holds the bytes. When room runs out the bytes move to the front, or to a
   * larger array if less than half would be free. An empty queue keeps no array, so an idle
   * connection needs no memory. A caller who takes exactly the array's content gets the array
   * itself.
   *
   * Segments come after the array. Whatever looks into the bytes, or adds an array's worth of them,
   * first copies the segments into the array, so that is where everything else works.
   */

  private static final byte[] NONE = {};

  /// The longest array that every JVM can allocate.
  private static final int LONGEST = Integer.MAX_VALUE - 8;

  private byte[] array = NONE;
  private int head;
  private int tail;
  private @Nullable ArrayDeque<Segment> segments;
  private int inSegments;

  int size() {
    return tail - head + inSegments;
  }

  /// Adds a segment and takes ownership of it.
  void add(Segment segment) {
    inSegments = Math.addExact(inSegments, segment.length());
    if (segments == null) {
      segments = new ArrayDeque<>(2);
    }
    segments.add(segment);
  }

  /// {@return the first bytes as a segment that the caller owns, at most `most`}
  Segment takeSegment(int most) {
    ArrayDeque<Segment> lent = segments;
    if (tail > head || lent == null) {
      return new ArraySegment(takeOfArray(Math.min(most, tail - head)));
    }
    Segment first = lent.getFirst();
    Segment taken = first.length() > most ? first.split(most) : lent.removeFirst();
    inSegments -= taken.length();
    return taken;
  }

  /// Copies the segments into the array and releases them.
  void absorb() {
    if (inSegments == 0 || segments == null) {
      return;
    }
    makeRoom(inSegments);
    for (Segment segment; (segment = segments.poll()) != null; ) {
      int length = segment.length();
      segment.copyTo(array, tail);
      segment.release();
      tail += length;
      inSegments -= length;
    }
  }

  void add(ByteBuffer data) {
    absorb();
    int length = data.remaining();
    makeRoom(length);
    data.get(array, tail, length);
    tail += length;
  }

  private void makeRoom(int length) {
    if (array.length - tail >= length) {
      return;
    }
    int size = tail - head;
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
    absorb();
    int size = size();
    byte[] target = Arrays.copyOf(data, Math.addExact(data.length, size));
    System.arraycopy(array, head, target, data.length, size);
    array = target;
    head = 0;
    tail = target.length;
  }

  byte[] take(int count) {
    if (count == 0) {
      return NONE;
    }
    absorb();
    return takeOfArray(count);
  }

  private byte[] takeOfArray(int count) {
    if (head == 0 && count == array.length) {
      byte[] whole = array;
      clearArray();
      return whole;
    }
    byte[] taken = Arrays.copyOfRange(array, head, head + count);
    skipInArray(count);
    return taken;
  }

  /// Takes bytes into a part of an array.
  void take(byte[] target, int offset, int count) {
    absorb();
    System.arraycopy(array, head, target, offset, count);
    skipInArray(count);
  }

  /// Takes as many bytes as a buffer has room for, or as there are.
  ///
  /// @return how many
  int take(ByteBuffer target) {
    int most = target.remaining();
    int count = Math.min(most, tail - head);
    target.put(array, head, count);
    skipInArray(count);
    while (inSegments > 0 && segments != null && target.hasRemaining()) {
      Segment first = segments.getFirst();
      inSegments -= first.moveTo(target);
      if (first.length() == 0) {
        segments.remove().release();
      }
    }
    return most - target.remaining();
  }

  void skip(int count) {
    absorb();
    skipInArray(count);
  }

  private void skipInArray(int count) {
    head += count;
    if (head == tail) {
      clearArray();
    }
  }

  private void clearArray() {
    array = NONE;
    head = 0;
    tail = 0;
  }

  void clear() {
    clearArray();
    inSegments = 0;
    while (segments != null && !segments.isEmpty()) {
      segments.remove().release();
    }
  }

  boolean startsWith(byte[] prefix, int from) {
    absorb();
    return size() - from >= prefix.length
        && Arrays.equals(array, head + from, head + from + prefix.length, prefix, 0, prefix.length);
  }

  /// {@return the index of a pattern, at or after an offset; -1 if it is not found}
  int indexOf(byte[] pattern, int from) {
    absorb();
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
