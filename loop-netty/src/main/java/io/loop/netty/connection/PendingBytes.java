package io.loop.netty.connection;

import io.loop.netty.core.Pending;
import io.loop.netty.core.WriteChunks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelPromise;
import io.netty.channel.WriteBufferWaterMark;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Bytes that wait to be passed to Netty, in order.
public final class PendingBytes implements Pending {

  /*
   *   queue of buffers --> chunk (direct, being filled) --> array[head, tail) on the heap
   *
   * A written array goes into chunks: the one copy between the program and the socket. A full chunk
   * joins the queue. Small writes go into the array, and so do those for which there is no chunk;
   * they are copied once more when they are passed on, which is cheaper than a chunk for each of
   * them. A buffer of the program is queued as it is, after what was written before. An idle
   * connection holds none of these.
   *
   * Bytes go to Netty while the channel is writable, in pieces of a limited size, and only so many
   * wait in chunks. So a connection holds little direct memory, however much was written. Everything from one poll is flushed once,
   * unless the socket takes it all and can take more.
   */

  static final int HIGH_WATER = 65_536;
  static final int LOW_WATER = HIGH_WATER / 4;

  /// Netty calls a channel writable again below the low mark, asyncio at it.
  public static final WriteBufferWaterMark WATER_MARKS =
      new WriteBufferWaterMark(LOW_WATER + 1, HIGH_WATER);

  public static final int CHUNK = HIGH_WATER;
  private static final int SMALLEST = 256;
  private static final byte[] NONE = {};

  private final Channel channel;
  private final WriteChunks chunks;
  private int largest = CHUNK;
  private boolean realPromises;
  private @Nullable ArrayDeque<ByteBuf> queue;
  private @Nullable ByteBuf chunk;
  private byte[] array = NONE;
  private int head;
  private int tail;
  private int size;
  private long passed;

  PendingBytes(Channel channel, WriteChunks chunks) {
    this.channel = channel;
    this.chunks = chunks;
  }

  /// Limits the pieces that Netty gets.
  void setLargest(int bytes) {
    largest = bytes;
  }

  /// Handlers of the program may listen to what is written, which a void promise does not allow.
  void useRealPromises() {
    realPromises = true;
  }

  int size() {
    return size;
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
    return size == 0;
  }

  @Override
  public boolean isFull() {
    return size > HIGH_WATER;
  }

  void add(byte[] data, int offset, int length) {
    int added = 0;
    while (added < length) {
      ByteBuf filling = chunkFor(length - added);
      if (filling == null) {
        addToArray(data, offset + added, length - added);
        break;
      }
      int count = Math.min(length - added, filling.writableBytes());
      filling.writeBytes(data, offset + added, count);
      added += count;
    }
    size += length;
  }

  /// {@return a chunk with room for at least some bytes, or null if they go into the array}
  private @Nullable ByteBuf chunkFor(int length) {
    ByteBuf current = chunk;
    if (current != null && current.isWritable()) {
      return current;
    }
    int held = tail - head;
    if (held >= WriteChunks.SMALLEST || size - held >= HIGH_WATER) {
      return null;
    }
    int wanted = Math.min(held + length, Math.min(largest, WriteChunks.LARGEST));
    ByteBuf next = chunks.take(wanted, channel.alloc());
    if (next == null) {
      return null;
    }
    sealChunk();
    chunk = next.writeBytes(array, head, held);
    clearArray();
    return next;
  }

  private void sealChunk() {
    if (chunk != null) {
      queue().add(chunk);
      chunk = null;
    }
  }

  private ArrayDeque<ByteBuf> queue() {
    ArrayDeque<ByteBuf> known = queue;
    if (known == null) {
      known = new ArrayDeque<>(2);
      queue = known;
    }
    return known;
  }

  private void addToArray(byte[] data, int offset, int length) {
    makeRoom(length);
    System.arraycopy(data, offset, array, tail, length);
    tail += length;
  }

  private void makeRoom(int length) {
    if (array.length - tail >= length) {
      return;
    }
    int held = tail - head;
    int needed = Math.addExact(held, length);
    byte[] target = needed <= array.length / 2 ? array : new byte[Math.max(needed, grown())];
    System.arraycopy(array, head, target, 0, held);
    array = target;
    head = 0;
    tail = held;
  }

  private int grown() {
    return array.length > Integer.MAX_VALUE / 2
        ? Integer.MAX_VALUE - 8
        : Math.max(SMALLEST, array.length * 2);
  }

  /// Adds a buffer and takes ownership of it.
  void add(ByteBuf data) {
    int length = data.readableBytes();
    if (length == 0) {
      data.release();
      return;
    }
    size = Math.addExact(size, length);
    sealChunk();
    if (head < tail) {
      queue().add(Unpooled.wrappedBuffer(Arrays.copyOfRange(array, head, tail)));
      clearArray();
    }
    queue().add(data);
  }

  @Override
  public boolean canPass() {
    return size > 0 && channel.isWritable();
  }

  @Override
  @SuppressWarnings("FutureReturnValueIgnored") // failures come back through exceptionCaught
  public void pass(boolean all) {
    boolean wrote = false;
    while (all ? size > 0 : canPass()) {
      ByteBuf piece = next();
      if (size == 0) {
        channel.writeAndFlush(piece, promise());
        return;
      }
      channel.write(piece, promise());
      wrote = true;
    }
    if (wrote) {
      channel.flush();
    }
  }

  private ChannelPromise promise() {
    return realPromises
        ? channel.newPromise().addListener(ChannelFutureListener.FIRE_EXCEPTION_ON_FAILURE)
        : channel.voidPromise();
  }

  /// {@return the first bytes, at most [#largest], for Netty}
  private ByteBuf next() {
    ArrayDeque<ByteBuf> waiting = queue;
    ByteBuf piece;
    if (waiting != null && !waiting.isEmpty()) {
      ByteBuf first = waiting.getFirst();
      piece =
          first.readableBytes() > largest
              ? first.readRetainedSlice(largest)
              : waiting.removeFirst();
    } else if (chunk != null) {
      piece = chunk;
      chunk = null;
    } else {
      piece = nextOfArray();
    }
    int length = piece.readableBytes();
    size -= length;
    passed += length;
    return piece;
  }

  private ByteBuf nextOfArray() {
    int count = Math.min(largest, tail - head);
    ByteBuf piece = channel.alloc().ioBuffer(count).writeBytes(array, head, count);
    head += count;
    if (head == tail) {
      clearArray();
    }
    return piece;
  }

  private void clearArray() {
    array = NONE;
    head = 0;
    tail = 0;
  }

  @Override
  public void drop() {
    clearArray();
    size = 0;
    sealChunk();
    ArrayDeque<ByteBuf> waiting = queue;
    queue = null;
    RuntimeException fault = null;
    for (ByteBuf unsent; waiting != null && (unsent = waiting.poll()) != null; ) {
      try {
        unsent.release();
      } catch (RuntimeException thrown) { // the program has released it once too often
        fault = fault == null ? thrown : fault;
      }
    }
    if (fault != null) {
      throw fault;
    }
  }

  /// Netty sends an empty buffer after everything else.
  @Override
  public void afterSent(Consumer<Boolean> action) {
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(sent -> action.accept(sent.isSuccess()));
  }
}
