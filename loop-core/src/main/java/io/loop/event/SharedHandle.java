package io.loop.event;

import io.loop.context.Context;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/// A handle that was scheduled from another thread, and may be cancelled from any thread.
final class SharedHandle extends Handle {

  /*
   * A cancel from another thread either comes first, and the callback never runs, or waits until the
   * callback is over. `state` decides which:
   *
   *   null ---run------> RUNNING ---------------------> DONE         final
   *     |                   |                            ^
   *     |                   +---cancel---> a Semaphore --+
   *     |                                  the end is awaited
   *     +------cancel--> CANCELLED                                   final
   *     +------drop--------------------------------------> DONE      the loop closed
   *
   * Every arrow is a compare-and-set, except the one from the semaphore, which only the loop takes.
   * So exactly one of run, drop and cancel finds null: only the winner touches the callback and
   * what cancel drops until the state is final. A waiting thread acquires the semaphore's one
   * permit, which the loop releases after DONE, and passes it on to the next.
   *
   * On the loop, cancel does not wait: if it finds the callback running, it was called from inside
   * it, or from a coroutine that it resumed.
   *
   * No monitor is held while the callback runs. The callback may resume a coroutine. When a virtual
   * thread unmounts, the JVM treats every monitor that its carrier holds as the virtual thread's:
   * it moves them away with the stack, and the locks of both threads are wrong from then on.
   */

  private enum State {
    RUNNING,
    DONE,
    CANCELLED
  }

  private static final VarHandle STATE =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "state", VarHandle.class, SharedHandle.class, Object.class);

  /// The next older entry of the inbox, and how many entries there are from this one down; only the
  /// inbox uses them.
  @Nullable SharedHandle below;

  int depth;

  private final boolean isReturn;
  private volatile @Nullable Object state;

  SharedHandle(Loop loop, Callback callback, @Nullable Context context) {
    super(loop, callback, context);
    this.isReturn = callback instanceof OwnCallback.Return;
  }

  /// {@return whether it resumes a guest that has returned from a blocking call}
  boolean isReturn() {
    return isReturn;
  }

  @Override
  protected void run() throws Exception {
    if (!STATE.compareAndSet(this, null, State.RUNNING)) {
      return;
    }
    try {
      super.run();
    } finally {
      if (!STATE.compareAndSet(this, State.RUNNING, State.DONE)) {
        ((Semaphore) STATE.getAndSet(this, State.DONE)).release();
      }
    }
  }

  @Override
  void drop() {
    if (STATE.compareAndSet(this, null, State.DONE)) {
      super.drop();
    }
  }

  @Override
  public void cancel() {
    if (!STATE.compareAndSet(this, null, State.CANCELLED) && !loop.isOnLoop()) {
      awaitEnd();
    }
    cancelHere();
  }

  private void awaitEnd() {
    Object seen = state;
    if (seen == State.RUNNING) {
      var end = new Semaphore(0);
      Object found = STATE.compareAndExchange(this, State.RUNNING, end);
      seen = found == State.RUNNING ? end : found;
    }
    if (seen instanceof Semaphore end) {
      end.acquireUninterruptibly();
      end.release();
    }
  }
}
