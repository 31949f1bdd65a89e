package io.loop.netty;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import java.util.function.Consumer;

/// Bytes that wait to be passed to Netty, in order, in one array on the heap.
final class PendingBytes implements Pending {

  /*
   * array[head, tail) holds the bytes. They move to the front, or to a larger array, when room runs
   * out; an empty queue keeps no array, so an idle connection needs no memory.
   *
   * Bytes go to Netty in chunks while the channel is writable. So a connection holds little direct
   * memory, however much was written. Bytes that fit a chunk are one buffer and one write.
   * Everything from one poll is flushed once, unless the socket takes it all and can take more.
   */

  static final int HIGH_WATER = 65_536;
  static final int LOW_WATER = HIGH_WATER / 4;
  static final int CHUNK = HIGH_WATER;

  private static final int SMALLEST = 256;
  private static final byte[] NONE = {};

  private final Channel channel;
  private int chunk = CHUNK;
  private byte[] array = NONE;
  private int head;
  private int tail;
  private long passed;

  PendingBytes(Channel channel) {
    this.channel = channel;
  }

  /// Makes the chunks smaller or larger.
  void setChunk(int bytes) {
    chunk = bytes;
  }

  int size() {
    return tail - head;
  }

  /// {@return how many bytes were passed on so far}
  long passed() {
    return passed;
  }

  /// Counts bytes that went to Netty another way.
  void passedBeside(long bytes) {
    passed += bytes;
  }

  @Override
  public boolean isEmpty() {
    return head == tail;
  }

  @Override
  public boolean isFull() {
    return size() > HIGH_WATER;
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

  @Override
  public boolean canPass() {
    return !isEmpty() && channel.isWritable();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
  public void pass(boolean all) {
    boolean wrote = false;
    while (all ? !isEmpty() : canPass()) {
      if (size() <= chunk) {
        channel.writeAndFlush(take(), channel.voidPromise());
        return;
      }
      channel.write(take(), channel.voidPromise());
      wrote = true;
    }
    if (wrote) {
      channel.flush();
    }
  }

  /// {@return the first bytes, at most a chunk}
  private ByteBuf take() {
    int count = Math.min(chunk, size());
    ByteBuf taken = channel.alloc().ioBuffer(count).writeBytes(array, head, count);
    head += count;
    passed += count;
    if (head == tail) {
      drop();
    }
    return taken;
  }

  @Override
  public void drop() {
    array = NONE;
    head = 0;
    tail = 0;
  }

  /// Netty sends an empty buffer after everything else.
  @Override
  public void afterSent(Consumer<Boolean> action) {
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> action.accept(sent.isSuccess()));
  }
}
