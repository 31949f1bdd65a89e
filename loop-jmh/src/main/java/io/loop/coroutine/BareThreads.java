package io.loop.coroutine;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/// Virtual threads on a custom scheduler, and nothing else: the cost of a step that is only a
/// switch.
///
/// One thread creates it, adds to it and runs it. Each virtual thread runs on that thread, so it
/// may call any method too.
public final class BareThreads implements Executor {

  private final ArrayDeque<Runnable> ready = new ArrayDeque<>();
  private boolean stopping;

  /// Starts a thread; it runs from the next [#run] on.
  ///
  /// @param body the code to run
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

  /// Runs the entries of the queue, including those appended in the meantime, until [#stop] is
  /// called or the queue is empty.
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
