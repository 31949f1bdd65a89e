package io.loop.coroutine;

import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A coroutine whose virtual thread is scheduled by its owner: the fast carrier.
final class LoopCarrier extends PlacedCoroutine implements Executor, Runnable {

  /*
   *   NEW ---resume---> RUNNING ---suspend---> SUSPENDED ---resume---> RESUMING --> RUNNING
   *                        |  ^                                           |
   *                        |  `-- away: in a blocking JDK call, unmounted |
   *                        |--body ends--> DONE                  (held up by a stack walker)
   *                        `--body ends--> IDLE --begin--> READY --resume--> RESUMING
   *                                          `--end--> DONE
   *
   * The JDK passes the continuation to `execute` whenever the thread can run. There are three
   * cases. It was just started by resume(): the continuation, which never changes, is kept. It has
   * just yielded in suspend(): nothing to do, resume() runs it again. Otherwise a blocking call has
   * ended or the body called Thread.yield: the owner schedules another resume(). A different
   * continuation belongs to a virtual thread that the body started, and goes to the JDK's
   * scheduler.
   *
   * Suspending is a yield and not a park. It needs no permit, so a stray unpark or an interrupt
   * cannot wake the body, resuming just runs the continuation, and if the stack is pinned,
   * Thread.yield returns immediately instead of parking the owner's thread forever.
   *
   * Taking the stack trace of a suspended thread makes it unrunnable for a moment, and then passes
   * it to `execute`. A resume() in that moment does not run the body; the phase stays RESUMING, and
   * the call of `execute` that follows makes up for it. A call without a missed resume finds the
   * phase SUSPENDED, and isAway() says to ignore it.
   *
   * A body that has ended leaves the thread to the next one, through the pool, unless it has left
   * something else on it: values of thread locals, another class loader or handler. The thread is
   * then IDLE, and suspended. Interrupts and the name are reset here for a later body.
   *
   * A separate state decides which thread may mount a body that blocks: see PlacedCoroutine.
   *
   * A rescued body runs in parallel with its owner until it parks, ends, or uses the owner:
   * rejoin() yields then, and its next resume() gives it its turn.
   *
   * All other fields belong to the one thread that runs the body or resumes it; mounting orders them. In
   * `execute` another thread finds `continuation`, which was there before it had anything to hand
   * over, and stops at `mounter`, which is not it. `owner` is volatile for that thread: a resume()
   * that the walker of an idle stack holds up writes `owner` and then reads the thread's state, which
   * the walker writes before it reads `owner`. One of the two must see the other's.
   */

  private enum Phase {
    NEW,
    RUNNING,
    SUSPENDED,
    RESUMING,
    IDLE,
    READY,
    DONE
  }

  /// How many bodies use a thread. A thread that started before its methods were compiled has
  /// interpreted frames at the bottom of its stack, which make each of its steps slower until it
  /// ends.
  private static final int MOST_USES = 64;

  private final @Nullable CoroutinePool pool;
  private final Thread thread;
  private final @Nullable ClassLoader loader;
  private volatile @Nullable Owner owner;
  private Phase phase = Phase.NEW;
  private @Nullable Runnable continuation;
  private @Nullable Thread mounter;
  private boolean mounted;
  private boolean expected;
  private boolean rescued; // runs without having its turn
  private boolean wantsTurn;
  private byte uses; // a byte, because each coroutine has one

  /// @param pool gets the thread when its body has ended; null to end the thread
  LoopCarrier(Owner owner, String name, @Nullable CoroutinePool pool) {
    this.owner = owner;
    this.pool = pool;
    this.thread = VirtualThreads.create(this, name, this);
    this.loader = thread.getContextClassLoader();
  }

  static @Nullable Owner ownerHere() {
    Thread here = Thread.currentThread();
    if (!here.isVirtual()) {
      return null;
    }
    // A thread that a body has started inherits this scheduler.
    return VirtualThreads.schedulerOf(here) instanceof LoopCarrier carrier && carrier.thread == here
        ? carrier.owner
        : null;
  }

  /// Takes another body; for the pool.
  void begin(Owner nextOwner, String name) {
    owner = nextOwner;
    phase = Phase.READY;
    if (!thread.getName().equals(name)) {
      thread.setName(name);
    }
  }

  /// Ends the thread of an idle coroutine.
  void end() {
    mounter = Thread.currentThread();
    phase = Phase.RESUMING;
    runContinuation();
  }

  /// The body of the thread: runs one coroutine body after the other.
  @Override
  public void run() {
    do {
      phase = Phase.RUNNING;
      try {
        Objects.requireNonNull(owner).runBody();
      } finally {
        rejoin();
        phase = Phase.DONE;
      }
    } while (canGoOn() && awaitBody());
  }

  private boolean canGoOn() {
    return pool != null
        && ++uses < MOST_USES
        && pool.hasRoom()
        && !VirtualThreads.hasThreadLocals(thread)
        && thread.getContextClassLoader() == loader
        && thread.getUncaughtExceptionHandler() == thread.getThreadGroup();
  }

  private boolean awaitBody() {
    phase = Phase.IDLE;
    boolean wasUnmounted = false;
    try {
      wasUnmounted = yieldToMounter();
    } catch (OutOfMemoryError full) {
      // the thread ends; one that could not be suspended must not go to the pool
    }
    phase = Phase.DONE;
    Thread.interrupted(); // meant for the previous body
    return wasUnmounted && owner != null;
  }

  /// {@return whether the thread was unmounted and has been mounted again; false if its stack is
  /// pinned}
  @SuppressWarnings("ThreadPriorityCheck") // the yield goes to this scheduler
  private boolean yieldToMounter() {
    expected = true;
    try {
      Thread.yield();
      return !expected;
    } finally {
      expected = false;
    }
  }

  @Override
  public Stop resume() {
    if (!isOwned() && !takeBack()) {
      return Stop.BLOCKED;
    }
    mounter = Thread.currentThread();
    mounted = true;
    if (phase == Phase.NEW) {
      thread.start();
    }
    if (!hasErrand()) {
      mount();
    }
    while (phase == Phase.SUSPENDED && hasErrand()) {
      if (mustPutOff(owner)) {
        mounted = false;
        return Stop.BLOCKED;
      }
      boolean _ = ranErrand();
      mount();
    }
    mounted = false;
    return switch (phase) {
      case SUSPENDED -> Stop.SUSPENDED;
      case DONE -> Stop.DONE;
      case IDLE -> {
        owner = null;
        Objects.requireNonNull(pool).add(this);
        yield Stop.DONE;
      }
      default -> {
        leave();
        yield Stop.BLOCKED;
      }
    };
  }

  /// {@return whether the owner may mount the body: it is not away, or has come back}
  private boolean takeBack() {
    if (reclaim()) {
      rescued = false;
      return true;
    }
    return forgetEarly(); // it is suspended: nothing was missed
  }

  private void leave() {
    if (beginAway()) {
      Rescue.watch(this); // comeBack() was called
    }
  }

  /// Runs the body in parallel with its owner, whose thread is held up, until it parks, ends or
  /// needs its turn; on any platform thread.
  void rescue() {
    Owner stuck = owner;
    if (stuck == null || !beginRescue()) {
      return;
    }
    stuck.beginRescue();
    try {
      if (stuck.isHeldUp() || stuck.isClosed()) {
        rescued = true;
        mounter = Thread.currentThread();
        runContinuation();
      } else {
        wantsTurn = true;
      }
    } finally {
      boolean again = wantsTurn;
      wantsTurn = false;
      if (endRescue(again)) {
        stuck.endRescue();
        tellThatItIsBack(stuck);
        Rescue.watch(this);
      } else {
        stuck.endRescue();
      }
    }
  }

  /// {@return whether the owner cannot resume it: see [Owner#isHeldUp]}
  boolean isOwnerHeldUp() {
    Owner current = owner;
    return current != null && (current.isHeldUp() || current.isClosed());
  }

  private void mount() {
    if (phase == Phase.SUSPENDED || phase == Phase.READY) {
      phase = Phase.RESUMING;
    }
    runContinuation();
  }

  private void runContinuation() {
    try {
      Objects.requireNonNull(continuation).run(); // execute() kept it in start()
    } catch (OutOfMemoryError full) {
      finishUnmounting(full);
    }
  }

  /// The thread has unmounted in a call with a time-out, for which the JDK could not set the timer.
  /// It would never be resumed.
  private void finishUnmounting(OutOfMemoryError first) {
    OutOfMemoryError full = first;
    do {
      Owner current = owner;
      if (current != null) {
        current.freeMemory(full);
      }
      full = null;
      try {
        VirtualThreads.afterYield(thread);
      } catch (OutOfMemoryError again) {
        full = again;
        LockSupport.parkNanos(MEMORY_RETRY_NANOS);
      }
    } while (full != null);
  }

  @Override
  public void execute(Runnable runnable) {
    if (continuation == null) {
      continuation = runnable;
    } else if (continuation != runnable) {
      VirtualThreads.jdkScheduler().execute(runnable);
    } else if (Thread.currentThread() == mounter && expected) {
      expected = false;
    } else {
      comeBack();
    }
  }

  private void comeBack() {
    Owner current = owner;
    if (current == null) {
      return; // it was not missed
    }
    Place left = endAway();
    if (!left.isRescue()) { // otherwise the rescuer asks when it is done
      tellThatItIsBack(current);
    }
    if (left == Place.AWAY) {
      Rescue.watch(this);
    }
  }

  @Override
  public void suspend() {
    rejoin();
    if (rescued) {
      throw new IllegalStateException("Event loop is closed"); // it would never be resumed
    }
    phase = Phase.SUSPENDED;
    try {
      do {
        if (!yieldToMounter()) {
          throw new IllegalStateException(
              "cannot suspend here: a native frame or a class initializer is on the stack; await"
                  + " outside of it");
        }
      } while (phase == Phase.SUSPENDED);
    } finally { // also when the stack is too deep to suspend, or there is no memory for it
      phase = Phase.RUNNING;
    }
  }

  @Override
  public void rejoin() {
    if (rescued) {
      awaitTurn();
    }
  }

  /// Waits for the turn of this body; returns without one if the owner is closed.
  private void awaitTurn() {
    while (rescued && !Objects.requireNonNull(owner).isClosed()) {
      boolean unmounted = false;
      wantsTurn = true;
      try {
        unmounted = yieldToMounter();
      } finally {
        if (!unmounted) {
          wantsTurn = false;
        }
      }
      if (!unmounted) {
        throw new IllegalStateException(
            "cannot wait for the loop here: a native frame or a class initializer is on the stack;"
                + " use the loop outside of it");
      }
    }
  }

  @Override
  public boolean isAway() {
    return !mounted && (phase == Phase.RUNNING || phase == Phase.RESUMING || hasErrand());
  }

  @Override
  public boolean isCurrentThread() {
    return Thread.currentThread() == thread;
  }

  @Override
  public Thread thread() {
    return thread;
  }
}
