package io.loop.netty;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.util.concurrent.atomic.AtomicInteger;

/// A handler that nobody wakes once it is being destroyed.
///
/// Other threads wake a handler by a descriptor, and io_uring reads that into memory which it frees
/// at the end. A wake-up that came late would write to whatever has the number, or the memory, by
/// then.
final class WakeGuard implements IoHandler {

  /*
   * `waking` counts the threads that are in wakeup(), and has CLOSED added once the handler is to be
   * destroyed. A thread that finds the sum negative leaves again; destroy() waits for those before.
   */

  private static final int CLOSED = Integer.MIN_VALUE;

  private final IoHandler handler;
  private final AtomicInteger waking = new AtomicInteger();

  WakeGuard(IoHandler handler) {
    this.handler = handler;
  }

  @Override
  public void wakeup() {
    try {
      if (waking.incrementAndGet() > 0) {
        handler.wakeup();
      }
    } finally {
      waking.decrementAndGet();
    }
  }

  @Override
  public void destroy() {
    waking.addAndGet(CLOSED);
    while (waking.get() != CLOSED) {
      Thread.onSpinWait(); // for a system call of theirs
    }
    handler.destroy();
  }

  @Override
  public void initialize() {
    handler.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return handler.run(context);
  }

  @Override
  public void prepareToDestroy() {
    handler.prepareToDestroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handler.register(handle);
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> type) {
    return handler.isCompatible(type);
  }
}
