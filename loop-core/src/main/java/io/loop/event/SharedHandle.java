package io.loop.event;

import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A handle that came from another thread, and may be cancelled from one.
final class SharedHandle extends Handle {

  /*
   * A cancel from another thread either comes first, and the callback never runs, or waits until the
   * callback is over. The lock is re-entrant, so a callback may cancel its own handle.
   *
   * It must not be this object's monitor. The callback may resume a coroutine, and the JVM takes
   * every monitor that a thread holds while a virtual thread on it unmounts for the virtual thread's
   * own: it moves them away with its stack, and both threads' locks are wrong from then on.
   */

  /// The next older entry of the inbox; the inbox alone touches it.
  @Nullable SharedHandle below;

  private final ReentrantLock lock = new ReentrantLock();

  SharedHandle(Loop loop, Runnable callback, @Nullable Context context) {
    super(loop, callback, context);
  }

  @Override
  protected void run() {
    lock.lock();
    try {
      if (!super.isCancelled()) {
        super.run();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void cancel() {
    lock.lock();
    try {
      super.cancel();
    } finally {
      lock.unlock();
    }
  }

  /// Without the lock: the answer may be old by the time it is read, and `run` asks again.
  @Override
  public boolean isCancelled() {
    return super.isCancelled();
  }
}
