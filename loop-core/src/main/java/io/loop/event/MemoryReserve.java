package io.loop.event;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Heap memory that is released when the heap is full, so that objects which hold memory can be
/// closed.
///
/// For layers that call other code and have to clean up after it; programs do not need it. Any
/// thread.
public final class MemoryReserve {

  /*
   *   KEPT --use--> USED --restore, by a loop's turn, at once and then each second--> KEPT
   *
   * Closing a connection needs some memory: to read that the peer has closed, to wake the waiting
   * coroutines, to run their `finally` blocks. A heap that connections have filled completely could
   * not recover. So the reserve is released at the first sign of that. Until there is memory for it
   * again, nothing new is started: servers accept no connections, tasks that have not started fail,
   * and reports are only counted.
   *
   * There is one reserve for the JVM. `reserve` is volatile, so every loop sees that it is used. If
   * two loops restore it at the same time, one copy is garbage. Releasing it takes no memory.
   *
   * G1 allocates in whole regions, of a 2048th of the heap and at least a megabyte. So the reserve
   * has parts that fill a region each: a smaller part would free none.
   */

  /// Loaded ahead of time: the JVM needs them to find an exception handler, and may have no memory
  /// then.
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

  /// Releases the reserve if the heap is full: call it before cleaning up.
  ///
  /// @param fault the exception that was caught
  public static void useAfter(Throwable fault) {
    if (fault instanceof OutOfMemoryError && reserve != null && !hasRoom()) {
      reserve = null;
    }
  }

  /// Direct memory may have run out instead, or a single request may have been too large.
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

  /// {@return whether memory is so short that nothing new should be started}
  public static boolean isUsed() {
    return reserve == null;
  }

  /// Tries to allocate it again, immediately and then once a second; loop thread.
  void restore() {
    long now = clock.nanoTime();
    if (tried && now - triedNanos < RETRY_NANOS) {
      return;
    }
    tried = true;
    triedNanos = now;
    try {
      byte[][] kept = newReserve();
      probe = newReserve(); // without free memory beside it, it would soon be used again
      reserve = kept;
      tried = false;
    } catch (OutOfMemoryError full) {
      // later
    } finally {
      probe = null;
    }
  }
}
