package io.loop.netty;

import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;

/// An allocator that runs out of direct memory when it is told to, and keeps what was asked of it.
public final class ScarceAllocator extends AbstractByteBufAllocator {

  private final UnpooledByteBufAllocator memory = UnpooledByteBufAllocator.DEFAULT;
  private boolean empty;
  private int buffers;
  private int largest;

  public ScarceAllocator() {
    super(true);
  }

  /// Becomes the allocator of a channel.
  public ScarceAllocator of(Channel channel) {
    channel.config().setAllocator(this);
    return this;
  }

  public ScarceAllocator empty() {
    empty = true;
    return this;
  }

  public int buffers() {
    return buffers;
  }

  public int largest() {
    return largest;
  }

  @Override
  protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
    return memory.heapBuffer(initialCapacity, maxCapacity);
  }

  @Override
  protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
    if (empty) {
      throw new OutOfMemoryError("no direct memory, says the test");
    }
    buffers++;
    largest = Math.max(largest, initialCapacity);
    return memory.directBuffer(initialCapacity, maxCapacity);
  }

  @Override
  public boolean isDirectBufferPooled() {
    return false;
  }
}
