package io.loop.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Some memory of the heap that is let go of when there is no other: with it what holds memory can
/// be closed.
///
/// For the layers that call other code and have to clean up after it; programs need not know it.
/// Any thread.
public final class MemoryReserve {

  /*
   *   KEPT --use--> USED --restore, by a loop's turn, at once and then each second--> KEPT
   *
   * A connection can be closed only with some memory: to read that its peer has gone, to tell those
   * who wait, to run their `finally` blocks. A heap that connections have filled to the last byte
   * would stay as it is. So at the first sign of that the reserve is let go of, and until there is
   * memory for it again nothing new is begun: servers accept nothing, tasks that have not started
   * fail, and reports are only counted.
   *
   * It is one for the JVM, since the heap is. `reserve` is volatile, so that every loop sees that it
   * is used; two loops that restore it at once leave one to the collector. Letting go of it takes no
   * memory.
   *
   * G1 allocates in whole regions, of a 2048th of the heap, a megabyte at least. So the reserve is in
   * parts that fill such a region each: less than that would free none.
   */

  /// Loaded ahead of time: to look for a handler the JVM needs them, and may have no memory then.
  static final List<Class<?>> NEEDED =
      List.of(KeyboardInterrupt.class, SystemExit.class, ExceptionContext.class);

  private static final int PARTS = 2;
  private static final int PART = partOf(Runtime.getRuntime().maxMemory());
  private static final long RETRY_NANOS = 1_000_000_000;

  private static volatile byte @Nullable [][] reserve = newReserve();

  @SuppressWarnings("UnusedVariable") // it makes the allocation a real one
  private static volatile byte @Nullable [][] probe;

  private final Poller clock;
  private boolean tried;
  private long triedNanos;

  MemoryReserve(Poller clock) {
    this.clock = clock;
  }

  private static int partOf(long heap) {
    return Math.clamp(heap / 2048, 1 << 20, 1 << 25) - 64; // with its header it fills a region
  }

  private static byte[][] newReserve() {
    return new byte[PARTS][PART];
  }

  /// Lets go of the reserve, if the heap has no room any more: call it before cleaning up.
  ///
  /// @param fault what was caught
  public static void useAfter(Throwable fault) {
    if (fault instanceof OutOfMemoryError && reserve != null && !hasRoom()) {
      reserve = null;
    }
  }

  /// It may have been direct memory that ran out, or a single request that was too large.
  private static boolean hasRoom() {
    try {
      probe = new byte[1][PART];
      return true;
    } catch (OutOfMemoryError full) {
      return false;
    } finally {
      probe = null;
    }
  }

  /// {@return whether memory is so short that nothing new should be begun}
  public static boolean isUsed() {
    return reserve == null;
  }

  /// Tries to have it again, at once and then once a second; loop thread.
  void restore() {
    long now = clock.nanoTime();
    if (tried && now - triedNanos < RETRY_NANOS) {
      return;
    }
    tried = true;
    triedNanos = now;
    try {
      byte[][] kept = newReserve();
      probe = newReserve(); // with nothing beside it, it would soon be used again
      reserve = kept;
      tried = false;
    } catch (OutOfMemoryError full) {
      // later
    } finally {
      probe = null;
    }
  }
}
