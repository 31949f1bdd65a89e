package io.loop.event;

import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A time in which the loop takes no tick, and only lets guests go on that have come out of a
/// blocking call: while its host is blocked, and while it closes.
///
/// Loop's thread only, but for [#wake].
final class Interlude {

  /*
   * Such guests come as handles, in the order in which their calls ended. They are run out of their turn,
   * one at a time, and stay in the ready queue, where they do nothing when their turn comes. All else
   * that comes waits there too. Nobody takes from the queue meanwhile. `scannedTo` is the first place
   * of it that has not been looked at yet, in this time or an earlier one: a long queue is gone
   * through once, however often the host blocks.
   *
   *   loop                               other thread
   *   sleeper = this thread; arm()       condition or inbox
   *   condition, inbox?                  sleeper or claim()?
   *
   * Each side stores, then loads, with volatile accesses, so they cannot both miss.
   *
   * There is one at a time: a guest that needs the host while that is blocked is put off.
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

  /// Runs until a condition holds: the host goes on. It is reported if that takes long.
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

  /// Runs until a condition holds. Whoever makes it true on another thread calls [#wake].
  void runUntil(BooleanSupplier over) {
    run(over, null);
  }

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
        gate.arm(); // the poll has yet to wait, and looks at the inbox before it does
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

  /// Throws what should have left the loop and could not while the host was blocked.
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

  /// Ends the loop's sleep in here, if it sleeps in here; any thread.
  void wake() {
    LockSupport.unpark(sleeper);
  }
}
