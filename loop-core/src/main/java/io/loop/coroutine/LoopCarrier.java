package io.loop.coroutine;

import java.util.Objects;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/// A coroutine whose virtual thread is scheduled by its owner: the fast carrier.
final class LoopCarrier extends Coroutine implements Executor {

  /*
   *   NEW ---resume---> RUNNING ---suspend---> SUSPENDED ---resume---> RESUMING --> RUNNING
   *                        |  ^                                           |
   *                        |  `-- away: in a blocking JDK call, unmounted |
   *                        `--body ends--> DONE                  (held up by a stack walker)
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
   * All fields belong to the one thread that runs the body or resumes it; mounting orders them. In
   * `execute` another thread finds `continuation`, which was there before it had anything to hand
   * over, and stops at `mounter`, which is not it.
   */

  private enum Phase {
    NEW,
    RUNNING,
    SUSPENDED,
    RESUMING,
    DONE
  }

  private final Runnable body;
  private final Thread thread;
  private Phase phase = Phase.NEW;
  private @Nullable Runnable continuation;
  private @Nullable Thread mounter;
  private boolean mounted;
  private boolean expected;

  LoopCarrier(Runnable body, Host host, String name) {
    super(host);
    this.body = body;
    this.thread = VirtualThreads.create(this, name, this::runBody);
  }

  private void runBody() {
    phase = Phase.RUNNING;
    try {
      body.run();
    } finally {
      phase = Phase.DONE;
    }
  }

  @Override
  public Stop resume() {
    mounter = Thread.currentThread();
    mounted = true;
    if (phase == Phase.NEW) {
      thread.start();
    } else if (phase == Phase.SUSPENDED) {
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
      host.comeBack();
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
