package io.loop.event;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A period in which the loop runs no tick, only guests that have returned from a blocking call:
/// while its host is blocked, and while it closes.
///
/// Loop's thread only, except [#wake].
final class Interlude {

  /*
   * Such guests arrive as handles, in the order in which their calls ended. They run out of order,
   * one at a time, and stay in the ready queue, where they do nothing when their turn comes. All
   * other handles wait there too. Nothing is taken from the queue in this period. `scannedTo` is
   * the first place that was not examined yet, in this period or an earlier one: a long queue is
   * scanned once, however often the host blocks.
   *
   *   loop                               other thread
   *   sleeper = this thread; arm()       condition or inbox
   *   condition, inbox?                  sleeper or claim()?
   *
   * Each side stores, then loads, with volatile accesses, so they cannot both miss.
   *
   * There is only one at a time: a guest that needs the host while it is blocked is postponed.
   */

  private final Turn turn;
  private final Inbox inbox;
  private final WakeupGate gate;
  private final HoldUp holdUp;
  private long scannedTo;
  private volatile @Nullable Thread sleeper;
  private @Nullable Error fatal;

  Interlude(Turn turn, Inbox inbox, WakeupGate gate, HoldUp holdUp) {
    this.turn = turn;
    this.inbox = inbox;
    this.gate = gate;
    this.holdUp = holdUp;
  }

  /// Runs until a condition is true: the host can continue. A long wait is reported.
  ///
  /// @param over the condition
  /// @param host the thread that is in a blocking call
  void runWhileHostBlocks(BooleanSupplier over, Thread host) {
    try {
      run(over, host);
    } finally {
      holdUp.end();
    }
  }

  /// See [EnteredLoop#runReturnsUntil].
  void runReturnsUntil(BooleanSupplier over, Duration patience) {
    if (over.getAsBoolean()) {
      return;
    }
    var timeUp = new AtomicBoolean();
    CompletableFuture.delayedExecutor(Nanos.of(patience), TimeUnit.NANOSECONDS)
        .execute(() -> {
          timeUp.set(true);
          wake();
        });
    run(() -> timeUp.get() || over.getAsBoolean(), null);
    throwFatal();
  }

  /// Runs until a condition is true. A thread that makes it true must call [#wake].
  private void run(BooleanSupplier over, @Nullable Thread blocked) {
    boolean interrupted = false;
    sleeper = Thread.currentThread();
    try {
      while (!over.getAsBoolean()) {
        if (runReturn()) {
          continue;
        }
        gate.arm();
        if (inbox.isEmpty() && !over.getAsBoolean()) {
          if (blocked == null) {
            LockSupport.park(this);
          } else {
            holdUp.park(this, blocked);
          }
          interrupted |= Thread.interrupted();
        }
      }
    } finally {
      if (turn.isAboutToSleep()) {
        gate.arm(); // the poll will wait later, and checks the inbox before that
      } else {
        gate.disarm();
      }
      sleeper = null;
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private boolean runReturn() {
    gate.disarm();
    ReadyQueue ready = turn.ready();
    turn.drainInbox();
    scannedTo = Math.max(scannedTo, ready.firstPlace());
    while (scannedTo < ready.nextPlace()) {
      Handle handle = ready.get(scannedTo++);
      if (handle instanceof SharedHandle shared && shared.isReturn()) {
        runAside(shared);
        return true;
      }
    }
    return false;
  }

  private void runAside(SharedHandle handle) {
    try {
      turn.runAside(handle);
    } catch (KeyboardInterrupt | SystemExit thrown) {
      fatal = fatal == null ? thrown : fatal;
    }
  }

  /// Throws the fatal exception that could not leave the loop while the host was blocked.
  void throwFatal() {
    Error thrown = fatal;
    if (thrown != null) {
      fatal = null;
      throw thrown;
    }
  }

  /// {@return whether the loop's thread is in here} Any thread.
  boolean isWaiting() {
    return sleeper != null;
  }

  /// Wakes the loop's thread if it sleeps in here; any thread.
  void wake() {
    LockSupport.unpark(sleeper);
  }
}
