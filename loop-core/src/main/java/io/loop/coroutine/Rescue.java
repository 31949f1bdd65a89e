package io.loop.coroutine;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Runs coroutines that have returned from a blocking call and cannot be resumed, because the
/// thread of their owner is held up, perhaps by a lock that one of them holds.
final class Rescue {

  /*
   * A coroutine that returns is watched. If its owner's thread is held up at two checks in a row, a
   * millisecond apart, the coroutine runs here until it parks, ends or needs its turn. Doing this
   * too early does no harm: the owner waits for the body before it does anything else.
   *
   * The watching thread sleeps without a limit when there has been nothing to watch for a while.
   * Each rescued body gets its own thread, because it may block that thread if its stack cannot be
   * unmounted.
   *
   * Watching takes no memory: a full heap may be why the owner does not go on. So the coroutines
   * are linked through a field of their own. The flag of beginWatch() says that one is in a list;
   * the thread that sets it adds it. If a coroutine comes back while the watching thread is about
   * to drop it, one of the two threads adds it anew.
   */

  private static final long LOOK_NANOS = 1_000_000;
  private static final int MOST_IDLE_LOOKS = 1_000;

  /// Whether any coroutine has been rescued in this JVM. Written before a rescued body runs, by the
  /// thread that then mounts it, so that body sees true.
  static boolean hasHappened;

  /// The coroutines that were added since the last check, linked by their `nextWatched`.
  private static final AtomicReference<@Nullable LoopCarrier> ADDED = new AtomicReference<>();

  private static volatile boolean asleep;

  /// Created when the first coroutine returns from a blocking call.
  private static final class Watcher {
    static final Thread THREAD =
        Thread.ofPlatform().daemon().name("loop-rescue").start(Rescue::watchAll);

    /// Runs the bodies; idle threads end after a minute.
    static final ExecutorService CARRIERS =
        Executors.newCachedThreadPool(
            Thread.ofPlatform().daemon().name("loop-rescue-", 0).factory());
  }

  private Rescue() {}

  /// Watches a coroutine until it is resumed; any thread.
  static void watch(LoopCarrier carrier) {
    if (!carrier.beginWatch()) {
      return;
    }
    LoopCarrier head;
    do {
      head = ADDED.get();
      carrier.nextWatched = head;
    } while (!ADDED.compareAndSet(head, carrier));
    Thread watcher = Watcher.THREAD;
    if (asleep) {
      LockSupport.unpark(watcher);
    }
  }

  private static void watchAll() {
    LoopCarrier watched = null;
    int idleLooks = 0;
    while (true) {
      if (idleLooks < MOST_IDLE_LOOKS) {
        LockSupport.parkNanos(LOOK_NANOS);
      } else {
        sleep();
      }
      boolean _ = Thread.interrupted(); // has no meaning here, and would end every later park
      watched = checkAll(withAdded(watched));
      idleLooks = watched == null ? idleLooks + 1 : 0;
    }
  }

  private static void sleep() {
    asleep = true;
    if (ADDED.get() == null) {
      LockSupport.park();
    }
    asleep = false;
  }

  private static @Nullable LoopCarrier withAdded(@Nullable LoopCarrier watched) {
    LoopCarrier all = watched;
    LoopCarrier next;
    for (LoopCarrier carrier = ADDED.getAndSet(null); carrier != null; carrier = next) {
      next = carrier.nextWatched;
      carrier.nextWatched = all;
      all = carrier;
    }
    return all;
  }

  /// {@return those that have to be watched further}
  private static @Nullable LoopCarrier checkAll(@Nullable LoopCarrier watched) {
    LoopCarrier kept = null;
    LoopCarrier next;
    for (LoopCarrier carrier = watched; carrier != null; carrier = next) {
      next = carrier.nextWatched;
      if (!isTaken(carrier)) {
        carrier.nextWatched = kept;
        kept = carrier;
      }
    }
    return kept;
  }

  /// {@return whether it does not have to be watched any more: a thread runs it, or it was added
  /// anew}
  private static boolean isTaken(LoopCarrier carrier) {
    if (!carrier.isBack()) {
      carrier.endWatch();
      return !carrier.isBack() || !carrier.beginWatch();
    }
    boolean heldUp = carrier.isOwnerHeldUp();
    if (!heldUp || !carrier.wasHeldUp()) {
      carrier.noteHeldUp(heldUp);
      return false;
    }
    carrier.endWatch();
    try {
      Watcher.CARRIERS.execute(() -> run(carrier));
      return true;
    } catch (OutOfMemoryError full) { // of heap or of threads: the next check tries again
      return !carrier.beginWatch();
    }
  }

  private static void run(LoopCarrier carrier) {
    hasHappened = true;
    carrier.rescue();
  }
}
