package io.loop.coroutine;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/// Virtual threads on a scheduler of our own, and nothing else: what a step costs when everything
/// but the switch is left out.
///
/// One thread makes it, adds to it and runs it. Each virtual thread is on that thread while it
/// runs, so it may call any method too.
public final class BareThreads implements Executor {

  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private boolean stopping;

  /// Starts a thread; it runs from the next [#run] on.
  ///
  /// @param body what it runs
  /// @return the thread
  public Thread start(Runnable body) {
    Thread thread = VirtualThreads.create(this, "", body);
    thread.start();
    return thread;
  }

  /// Appends to the queue; the JDK does so with each thread that can run.
  @Override
  public void execute(Runnable work) {
    ready.add(work);
  }

  /// Runs what is in the queue and what is appended meanwhile, until [#stop] is called or nothing
  /// is left.
  public void run() {
    stopping = false;
    for (Runnable next; !stopping && (next = ready.poll()) != null; ) {
      next.run();
    }
  }

  /// Makes [#run] return before it takes the next entry.
  public void stop() {
    stopping = true;
  }
}
