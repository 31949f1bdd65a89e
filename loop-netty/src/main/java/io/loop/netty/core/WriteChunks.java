package io.loop.netty.core;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.event.MemoryReserve;
import io.loop.event.TimerHandle;
import io.loop.netty.poller.Dirty;
import io.loop.netty.poller.NettyDriver;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/// Empty direct buffers that coroutines of a loop fill, so that a written array is copied once.
///
/// The allocator is called on the loop's thread only: there it has a cache of its own, and a
/// failure concerns no coroutine.
public final class WriteChunks implements Dirty, AutoCloseable {

  /*
   * One shelf for each power of two. Before the flush, coroutines take chunks; during the flush the
   * loop's thread puts back as many as were asked for since the last one, up to a limit. So a loop
   * that writes much has what it needs, and one that writes little holds little. A coroutine that
   * finds none keeps its bytes on the heap until the flush.
   *
   * While nothing is written there is no flush. So a timer gives all chunks back after a second
   * without one being taken.
   */

  public static final int SMALLEST = 1 << 10;
  public static final int LARGEST = 1 << 16;

  private static final int FIRST_SHIFT = Integer.numberOfTrailingZeros(SMALLEST);
  private static final int SHELVES = Integer.numberOfTrailingZeros(LARGEST) - FIRST_SHIFT + 1;
  private static final int MOST_BYTES = 4 << 20; // on one shelf
  private static final Duration IDLE = Duration.ofSeconds(1);
  private static final LoopLocal<WriteChunks> KEY = LoopLocal.withInitial(WriteChunks::new);

  /// The chunks of one size.
  private static final class Shelf {
    private final int size;
    private final ArrayDeque<ByteBuf> chunks = new ArrayDeque<>(1);
    private int wanted;

    Shelf(int size) {
      this.size = size;
    }

    void fill(ByteBufAllocator allocator) {
      int target = Math.min(wanted, MOST_BYTES / size);
      wanted = 0;
      while (chunks.size() < target) {
        chunks.add(allocator.directBuffer(size, size));
      }
      while (chunks.size() > 2 * target + 1) {
        chunks.remove().release();
      }
    }

    void clear() {
      for (ByteBuf chunk; (chunk = chunks.poll()) != null; ) {
        chunk.release();
      }
    }
  }

  private final Loop loop;
  private final NettyDriver driver;
  private final @Nullable Shelf[] shelves = new Shelf[SHELVES];
  private @Nullable ByteBufAllocator allocator;
  private @Nullable TimerHandle timer;
  private boolean dirty;
  private boolean used;

  private WriteChunks(Loop loop) {
    this.loop = loop;
    this.driver = NettyDriver.of(loop);
  }

  public static WriteChunks of(Loop loop) {
    return KEY.get(loop);
  }

  /// Takes an empty chunk; the loop and its coroutines. The caller owns it.
  ///
  /// @param length how many bytes it must have room for
  /// @param source the allocator for the next ones
  /// @return null if there is none, or the length is too small or too large for one
  public @Nullable ByteBuf take(int length, ByteBufAllocator source) {
    if (length < SMALLEST || length > LARGEST) {
      return null;
    }
    int index = Integer.SIZE - Integer.numberOfLeadingZeros(length - 1) - FIRST_SHIFT;
    Shelf shelf = shelves[index];
    if (shelf == null) {
      shelf = new Shelf(SMALLEST << index);
      shelves[index] = shelf;
    }
    shelf.wanted++;
    used = true;
    allocator = source;
    if (!dirty) {
      driver.addDirty(this);
      dirty = true;
    }
    return shelf.chunks.poll();
  }

  /// Puts chunks back; loop's thread.
  @Override
  public void flushToNetty() {
    dirty = false;
    ByteBufAllocator from = allocator;
    if (from == null) {
      return;
    }
    for (Shelf shelf : shelves) {
      if (shelf != null) {
        shelf.fill(from);
      }
    }
    if (timer == null) {
      timer = loop.callLater(IDLE, this::look);
    }
  }

  /// There is no memory for chunks: coroutines go on without.
  @Override
  public void flushFailed(Throwable fault) {
    MemoryReserve.useAfter(fault);
    clear();
  }

  private void look() {
    timer = null;
    if (used) {
      used = false;
      timer = loop.callLater(IDLE, this::look);
    } else {
      clear();
    }
  }

  private void clear() {
    for (Shelf shelf : shelves) {
      if (shelf != null) {
        shelf.clear();
      }
    }
  }

  @Override
  public void close() {
    clear();
  }
}
