package io.loop.coroutine;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;

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
   */

  private static final long LOOK_NANOS = 1_000_000;
  private static final int MOST_IDLE_LOOKS = 1_000;

  /// Whether any coroutine has been rescued in this JVM. Written before a rescued body runs, by the
  /// thread that then mounts it, so that body sees true.
  static boolean hasHappened;

  private static final Queue<LoopCarrier> CAME_BACK = new ConcurrentLinkedQueue<>();
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

  /// A watched coroutine, and whether its owner was held up at the last check.
  private static final class Watched {
    private final LoopCarrier carrier;
    private boolean wasHeldUp;

    Watched(LoopCarrier carrier) {
      this.carrier = carrier;
    }
  }

  private Rescue() {}

  /// Watches a coroutine until it is resumed; any thread.
  static void watch(LoopCarrier carrier) {
    CAME_BACK.add(carrier);
    Thread watcher = Watcher.THREAD;
    if (asleep) {
      LockSupport.unpark(watcher);
    }
  }

  private static void watchAll() {
    List<Watched> watched = new ArrayList<>();
    int idleLooks = 0;
    while (true) {
      if (idleLooks < MOST_IDLE_LOOKS) {
        LockSupport.parkNanos(LOOK_NANOS);
      } else {
        sleep();
      }
      boolean _ = Thread.interrupted(); // has no meaning here, and would end every later park
      for (LoopCarrier next; (next = CAME_BACK.poll()) != null; ) {
        watched.add(new Watched(next));
      }
      idleLooks = watched.isEmpty() ? idleLooks + 1 : 0;
      watched.removeIf(Rescue::isTaken);
    }
  }

  private static void sleep() {
    asleep = true;
    if (CAME_BACK.isEmpty()) {
      LockSupport.park();
    }
    asleep = false;
  }

  /// {@return whether it does not have to be watched any more, because a thread runs it}
  private static boolean isTaken(Watched watched) {
    LoopCarrier carrier = watched.carrier;
    if (!carrier.isBack()) {
      return true;
    }
    boolean heldUp = carrier.isOwnerHeldUp();
    if (heldUp && watched.wasHeldUp) {
      Watcher.CARRIERS.execute(() -> run(carrier));
      return true;
    }
    watched.wasHeldUp = heldUp;
    return false;
  }

  private static void run(LoopCarrier carrier) {
    hasHappened = true;
    carrier.rescue();
  }
}
