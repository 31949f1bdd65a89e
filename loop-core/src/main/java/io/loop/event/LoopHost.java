package io.loop.event;

import io.loop.coroutine.Coroutine;
import io.loop.coroutine.Coroutine.Stop;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The virtual thread on which a loop runs code that may block: the program's callbacks, and the
/// poll.
///
/// The loop's own thread is its carrier. So a callback that waits for a lock does not block that
/// thread: coroutines that have returned from a blocking call continue, and one of them may hold
/// the lock.
final class LoopHost implements Guest, Coroutine.Owner {

  /*
   * The carrier asks with run(), the host with callOnCarrier(), and each waits for the other: only
   * one of the two runs. Requests nest, because work that the carrier does for the host may need
   * the host again, for example an eager task that writes to a channel.
   *
   *   carrier          host
   *   run(work) -----> perform(work)
   *   perform(errand) <----- callOnCarrier(errand)
   *   run(work) -----> perform(work)          nested, while the first work waits
   *             <----- done
   *             -----> callOnCarrier returns
   *             <----- done
   *
   * `work` is set from run() until the host takes it, `errand` likewise. The host suspends with an
   * errand, or without one when a piece of work is done. If it is resumed without work, its errand
   * is done.
   *
   *   FREE --run--> mounted --blocking call--> BLOCKED --comeBack--> mounted --done--> FREE
   *
   * While the host is blocked, the carrier is in an Interlude: it runs no tick, only coroutines
   * that return from blocking calls, one at a time. `isReady` is written by the thread that ends
   * the blocking call. It is cleared before the host is mounted and read afterwards, so no end is
   * missed.
   *
   * All other fields belong to the two sides, and each switch between them orders memory.
   */

  private final Loop loop;
  private final Poller poller;
  private final Coroutine coroutine;

  private @Nullable Runnable work;
  private @Nullable Throwable workFault;
  private @Nullable Supplier<?> errand;
  private @Nullable Object errandResult;
  private @Nullable Throwable errandFault;
  private boolean blocked;
  private boolean ended;
  private volatile boolean isReady;
  private @Nullable Thread carrier;

  LoopHost(Loop loop, Poller poller) {
    this.loop = loop;
    this.poller = poller;
    this.coroutine = Coroutine.create(this, "loop-host");
  }

  @Override
  public Loop loop() {
    return loop;
  }

  @Override
  public boolean isCurrentThread() {
    return coroutine.isCurrentThread();
  }

  Thread thread() {
    return coroutine.thread();
  }

  /// Sets the thread that mounts the host, for a run or the closing; null afterwards.
  void setCarrier(@Nullable Thread thread) {
    carrier = thread;
  }

  /// {@return whether the caller may use [#run]: it is on the thread that mounts the host}
  boolean isOnCarrier() {
    return Thread.currentThread() == carrier;
  }

  /// {@return whether [#run] may be called: the host is not in a blocking call} Carrier only.
  @Override
  public boolean isHostFree() {
    return !blocked;
  }

  /// Runs something on the host; carrier only, while the host is free. If the work throws, throws
  /// the same exception object, undeclared.
  void run(Runnable asked) {
    if (blocked || ended) {
      throw new IllegalStateException(
          ended ? "the loop is closed" : "the host of the loop is blocked");
    }
    work = asked;
    serveHost();
    Throwable fault = workFault;
    if (fault != null) {
      workFault = null;
      throw LoopHost.<Error>sneak(fault);
    }
  }

  /// Mounts the host until it has done its work, and does its errands in between.
  private void serveHost() {
    for (Stop stop = mount(); stop != Stop.DONE; stop = mount()) {
      Supplier<?> asked = errand;
      if (asked == null) {
        return;
      }
      errand = null;
      try {
        errandResult = asked.get();
      } catch (Throwable fault) {
        errandFault = fault;
      }
    }
  }

  private Stop mount() {
    isReady = false;
    Stop stop = coroutine.resume();
    while (stop == Stop.BLOCKED) {
      awaitReady();
      isReady = false;
      stop = coroutine.resume();
    }
    return stop;
  }

  private void awaitReady() {
    if (isReady) {
      return;
    }
    blocked = true;
    try {
      loop.turn().interlude().runWhileHostBlocks(() -> isReady, coroutine.thread());
    } finally {
      blocked = false;
    }
  }

  @Override
  public void freeMemory(OutOfMemoryError full) {
    MemoryReserve.useAfter(full);
  }

  /// The host has returned from a blocking call; any thread.
  @Override
  public void comeBack() {
    isReady = true;
    loop.turn().interlude().wake();
  }

  /// Does nothing: the host always has its turn when it runs.
  @Override
  public void rejoin() {}

  @Override
  public void runBody() {
    poller.enclose(this::serve);
  }

  private void serve() {
    while (!ended) {
      perform();
      suspendWhenMemoryAllows();
    }
  }

  /// Suspends. A suspended stack is an object on the heap: if the heap is full, tries again.
  ///
  /// Nothing else can be done with the fault. The carrier waits for this thread, so no other code
  /// of the loop is there to be told.
  private void suspendWhenMemoryAllows() {
    boolean suspended = false;
    while (!suspended) {
      try {
        coroutine.suspend();
        suspended = true;
      } catch (OutOfMemoryError full) {
        MemoryReserve.useAfter(full);
      }
    }
  }

  private void perform() {
    Runnable asked = Objects.requireNonNull(work);
    work = null;
    try {
      asked.run();
    } catch (Throwable fault) {
      workFault = fault;
    }
  }

  /// Runs something on the carrier; host only. If it throws, throws the same exception object,
  /// undeclared.
  ///
  /// @throws IllegalStateException if the host cannot be suspended here, because of a native frame
  ///   or a class initializer on its stack
  @SuppressWarnings({"unchecked", "NullAway"}) // the result is what `asked` returned
  <T extends @Nullable Object> T callOnCarrier(Supplier<T> asked) {
    errand = asked;
    try {
      coroutine.suspend();
      while (work != null) {
        perform();
        suspendWhenMemoryAllows();
      }
    } finally {
      errand = null; // not run, if the stack could not be suspended
    }
    Object result = errandResult;
    Throwable fault = errandFault;
    errandResult = null;
    errandFault = null;
    if (fault != null) {
      throw LoopHost.<Error>sneak(fault);
    }
    return (T) result;
  }

  /// Ends the host's thread; carrier only.
  void end() {
    run(() -> ended = true);
    while (mount() != Stop.DONE) {
      // ending the thread does not suspend, but a stack walker may delay it
    }
  }

  @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"}) // erased: nothing is cast
  private static <X extends Throwable> X sneak(Throwable fault) throws X {
    throw (X) fault;
  }
}
