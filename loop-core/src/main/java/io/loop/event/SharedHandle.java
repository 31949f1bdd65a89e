package io.loop.event;

import io.loop.context.Context;
import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A handle that was scheduled from another thread, and may be cancelled from any thread.
final class SharedHandle extends Handle {

  /*
   * A cancel from another thread either comes first, and the callback never runs, or waits until the
   * callback is over. `state` decides which:
   *
   *   null ---run------> RUNNING ------> DONE         final
   *     +------cancel--> CANCELLED                    final
   *     +------drop--------------------> DONE         the loop closed
   *
   * The arrows from null are compare-and-sets. So exactly one of run, drop and cancel finds null:
   * only the winner touches the callback and what cancel drops until the state is final. The arrow
   * from RUNNING is the loop's alone, and every callback takes it, so it is only a store. A thread
   * that waits for it, which is rare, looks again and again.
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
          MethodHandles.lookup(), "state", VarHandle.class, SharedHandle.class, State.class);

  private static final long LOOK_NANOS = 100_000;

  /// The next older entry of the inbox, and how many entries there are from this one down; only the
  /// inbox uses them.
  @Nullable SharedHandle below;

  int depth;

  private final boolean isReturn;
  private volatile @Nullable State state;

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
      STATE.setRelease(this, State.DONE);
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
    boolean interrupted = false;
    while (state == State.RUNNING) {
      LockSupport.parkNanos(this, LOOK_NANOS);
      interrupted |= Thread.interrupted(); // it would end every later park
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
