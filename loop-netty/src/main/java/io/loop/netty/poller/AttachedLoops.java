package io.loop.netty.poller;

import io.loop.event.Loop;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.OrderedEventExecutor;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import java.lang.ref.WeakReference;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// The attached loops of this process: one per executor. Any thread.
public final class AttachedLoops {

  /*
   * Both sides are weak, because a loop refers to its executor. An executor with a thread holds its
   * loop through a shutdown hook. For any other executor the code that uses the loop holds it, and
   * a new one is created when it is gone.
   */

  private static final ReentrantLock LOCK = new ReentrantLock();
  private static final Map<EventExecutor, WeakReference<Loop>> LOOPS = new WeakHashMap<>();

  private AttachedLoops() {}

  public static Loop of(EventExecutor executor) {
    if (executor instanceof OwnedEventLoop owned) {
      return owned.loop();
    }
    if (!(executor instanceof OrderedEventExecutor)) {
      throw new IllegalArgumentException(
          "a loop needs an executor that runs one task at a time, in order; "
              + executor.getClass().getName()
              + " does not. Use an event loop, or a DefaultEventExecutor");
    }
    LOCK.lock();
    try {
      Loop known = get(executor);
      Loop loop = known != null ? known : attach(executor);
      if (executor instanceof SingleThreadEventExecutor && executor.inEventLoop()) {
        ((AttachedPoller) NettyDriver.of(loop))
            .adoptThread(); // the executor may have got another thread
      }
      return loop;
    } finally {
      LOCK.unlock();
    }
  }

  private static @Nullable Loop get(EventExecutor executor) {
    WeakReference<Loop> reference = LOOPS.get(executor);
    Loop loop = reference == null ? null : reference.get();
    return loop == null || loop.isClosed() ? null : loop;
  }

  private static Loop attach(EventExecutor executor) {
    if (executor.isShuttingDown()) {
      throw new IllegalStateException("the executor is shutting down: " + executor);
    }
    Loop loop = Loop.attach(new AttachedPoller(executor));
    LOOPS.put(executor, new WeakReference<>(loop));
    return loop;
  }

  static void remove(EventExecutor executor) {
    LOCK.lock();
    try {
      LOOPS.remove(executor);
    } finally {
      LOCK.unlock();
    }
  }
}
