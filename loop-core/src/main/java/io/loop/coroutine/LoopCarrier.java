package io.loop.coroutine;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// A coroutine whose virtual thread is scheduled by its owner: the fast carrier.
final class LoopCarrier extends Coroutine implements Executor, Runnable {

  /*
   *   NEW ---resume---> RUNNING ---suspend---> SUSPENDED ---resume---> RESUMING --> RUNNING
   *                        |  ^                                           |
   *                        |  `-- away: in a blocking JDK call, unmounted |
   *                        |--body ends--> DONE                  (held up by a stack walker)
   *                        `--body ends--> IDLE --begin--> READY --resume--> RESUMING
   *                                          `--end--> DONE
   *
   * The JDK hands the continuation to `execute` whenever the thread can run. There are three cases.
   * It has just been started by resume(): the continuation is kept, it is one object for life. It
   * has just yielded in suspend(): nothing to do, resume() runs it again. Anything else, a blocking
   * call that ended or a Thread.yield of the body's: the host arranges another resume(). What is not
   * our continuation belongs to a virtual thread that the body made, and goes to the JDK's scheduler.
   *
   * Suspending is a yield and not a park. It needs no permit, so a stray unpark or an interrupt
   * cannot wake the body, resuming is running the continuation, and where the stack is pinned
   * Thread.yield returns at once instead of parking the owner's thread for ever.
   *
   * Taking the stack trace of a suspended thread makes it unrunnable for a moment and then hands it
   * to `execute`. A resume() that falls into that moment does not run the body; the phase stays
   * RESUMING and the hand-over that follows makes up for it. A hand-over without a missed resume
   * finds the phase SUSPENDED, and isAway() says to ignore it.
   *
   * A body that has ended leaves the thread to the next one, through the pool, where it has left
   * nothing else: values of thread locals, another class loader or handler. Its thread is IDLE then,
   * suspended as ever. That a later body finds an interrupt or a name is seen to here.
   *
   * All fields belong to the one thread that runs the body or resumes it; mounting orders them. In
   * `execute` another thread finds `continuation`, which was there before it had anything to hand
   * over, and stops at `mounter`, which is not it. `host` is volatile for that thread: a resume()
   * that the walker of an idle stack holds up writes `host` and then reads the thread's state, which
   * the walker writes before it reads `host`. One of the two must see the other's.
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

  /// How many bodies use a thread. A thread that began before its methods were compiled has
  /// interpreted frames at the lower end of its stack, which make each of its steps slower, for
  /// life.
  private static final int MOST_USES = 64;

  private final @Nullable CoroutinePool pool;
  private final Thread thread;
  private final @Nullable ClassLoader loader;
  private volatile @Nullable Host host;
  private @Nullable Runnable body;
  private Phase phase = Phase.NEW;
  private @Nullable Runnable continuation;
  private @Nullable Thread mounter;
  private boolean mounted;
  private boolean expected;
  private int uses;

  /// @param pool where the thread goes when its body has ended; null to end it too
  LoopCarrier(Runnable body, Host host, String name, @Nullable CoroutinePool pool) {
    this.body = body;
    this.host = host;
    this.pool = pool;
    this.thread = VirtualThreads.create(this, name, this);
    this.loader = thread.getContextClassLoader();
  }

  static @Nullable Host hostHere() {
    Thread here = Thread.currentThread();
    if (!here.isVirtual()) {
      return null;
    }
    // A thread that a body has made has its maker's scheduler.
    return VirtualThreads.schedulerOf(here) instanceof LoopCarrier carrier && carrier.thread == here
        ? carrier.host
        : null;
  }

  /// Takes another body; for the pool.
  void begin(Runnable next, Host nextHost, String name) {
    body = next;
    host = nextHost;
    phase = Phase.READY;
    if (!thread.getName().equals(name)) {
      thread.setName(name);
    }
  }

  /// Ends the thread of an idle coroutine.
  void end() {
    mounter = Thread.currentThread();
    phase = Phase.RESUMING;
    Objects.requireNonNull(continuation).run();
  }

  /// What the thread does: one body after the other.
  @Override
  public void run() {
    do {
      phase = Phase.RUNNING;
      try {
        Objects.requireNonNull(body).run();
      } finally {
        body = null;
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

  @SuppressWarnings("ThreadPriorityCheck") // as in suspend
  private boolean awaitBody() {
    phase = Phase.IDLE;
    expected = true;
    Thread.yield();
    boolean wasUnmounted = !expected;
    expected = false;
    phase = Phase.DONE;
    Thread.interrupted(); // meant for the body before
    return wasUnmounted && body != null;
  }

  @Override
  public Stop resume() {
    mounter = Thread.currentThread();
    mounted = true;
    if (phase == Phase.NEW) {
      thread.start();
    } else if (phase == Phase.SUSPENDED || phase == Phase.READY) {
      phase = Phase.RESUMING;
    }
    Runnable runnable = Objects.requireNonNull(continuation); // execute() kept it in start()
    runnable.run();
    while (phase == Phase.SUSPENDED && ranErrand()) {
      phase = Phase.RESUMING;
      runnable.run();
    }
    mounted = false;
    return switch (phase) {
      case SUSPENDED -> Stop.SUSPENDED;
      case DONE -> Stop.DONE;
      case IDLE -> {
        host = null;
        Objects.requireNonNull(pool).add(this);
        yield Stop.DONE;
      }
      default -> Stop.BLOCKED;
    };
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
    Host current = host;
    if (current != null) { // else nobody misses it
      current.comeBack();
    }
  }

  @Override
  @SuppressWarnings("ThreadPriorityCheck") // the yield goes to our own scheduler
  public void suspend() {
    phase = Phase.SUSPENDED;
    try {
      do {
        expected = true;
        Thread.yield();
        if (expected) {
          throw new IllegalStateException(
              "cannot suspend here: a native frame or a class initializer is on the stack; await"
                  + " outside of it");
        }
      } while (phase == Phase.SUSPENDED);
    } finally { // also when the stack is too deep to suspend
      expected = false;
      phase = Phase.RUNNING;
    }
  }

  @Override
  public void rejoin() {}

  @Override
  public boolean isAway() {
    return !mounted && (phase == Phase.RUNNING || phase == Phase.RESUMING);
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
