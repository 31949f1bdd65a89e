package io.loop.event;

import org.jspecify.annotations.Nullable;

/// How a loop is run, stopped and closed.
///
/// Loop thread only, except where a method says "any thread".
final class Lifecycle {

  /*
   *   OPEN --run--> RUNNING --stop--> OPEN --close--> CLOSED (final)
   *   ATTACHED --------------------------------close--> CLOSED
   *
   * An attached loop has no run: its poller calls runTurn on the host's thread after wakeup(), or
   * when the time that the last turn returned has passed. `asked` records that a turn was requested
   * since the last one began.
   *
   * OPEN and RUNNING differ by the thread in Presence. `closed` is final.
   */

  private final Loop loop;
  private final Poller poller;
  private final boolean attached;
  private final Presence presence;
  private final Sides sides;
  private final Turn turn;
  private final Inbox inbox;
  private final WakeupGate gate;
  private boolean stopping;
  private volatile boolean asked;
  private volatile boolean closed;

  Lifecycle(Loop loop, Poller poller, boolean attached, Sides sides, Inbox inbox, WakeupGate gate) {
    this.loop = loop;
    this.poller = poller;
    this.attached = attached;
    this.presence = loop.presence();
    this.sides = sides;
    this.turn = loop.turn();
    this.inbox = inbox;
    this.gate = gate;
  }

  /// Opens the poller.
  void open() {
    poller.open(new PolledLoop(loop, this));
    if (attached) {
      gate.arm(); // between turns it sleeps
    }
  }

  /// See [Loop#runForever].
  void runForever() {
    requireRunnable();
    poller.enter();
    boolean hosted = sides.findHost() != null;
    presence.begin();
    try {
      if (hosted) {
        turn.run();
      } else {
        loop.holdUp().watch();
        poller.enclose(turn::run);
      }
    } finally {
      stopping = false;
      presence.end();
      sides.endRun();
    }
  }

  /// See [PolledLoop#runTurn].
  long runTurn() {
    if (closed || !presence.isVacant()) {
      return Long.MAX_VALUE;
    }
    Loop outer = presence.beginTurn();
    if (asked) {
      asked = false;
    }
    try {
      loop.holdUp().watch();
      gate.disarm();
      return turn.runAttached();
    } finally {
      presence.endTurn(outer);
      gate.arm();
      if (!inbox.isEmpty()) {
        poller.wakeup();
      }
    }
  }

  /// Requests a turn of an attached loop, because there is more to do than its host knows of. Does
  /// nothing in a turn.
  void requestTurn() {
    if (attached && presence.isVacant()) {
      asked = true;
      poller.wakeup();
    }
  }

  /// {@return whether the loop has something to do: it is in a turn, or one is due} Any thread; the
  /// answer may be out of date.
  boolean isTurnUnderWayOrOwed() {
    return !presence.isVacant() || (attached && (asked || !inbox.isEmpty() || turn.isDue()));
  }

  /// See [Loop#requireRunnable].
  void requireRunnable() {
    requireOpen();
    if (isRunning()) {
      throw new IllegalStateException("This event loop is already running");
    }
    if (Presence.loopHere() != null) {
      throw new IllegalStateException("Cannot run the event loop while another loop is running");
    }
    if (Thread.currentThread().isVirtual()) {
      throw new IllegalStateException(
          "A loop needs a platform thread, but this is a virtual one; run it from main or from"
              + " Thread.ofPlatform()");
    }
  }

  /// See [Loop#stop].
  void stop() {
    if (attached) {
      throw new IllegalStateException("An attached loop cannot be stopped; close it");
    }
    stopping = true;
  }

  boolean isStopping() {
    return stopping;
  }

  /// See [Loop#isRunning]. Any thread.
  boolean isRunning() {
    return attached ? !closed : !presence.isVacant();
  }

  /// See [Loop#isClosed]. Any thread.
  boolean isClosed() {
    return closed;
  }

  /// Any thread.
  void requireOpen() {
    if (closed) {
      throw closedError();
    }
  }

  static IllegalStateException closedError() {
    return new IllegalStateException("Event loop is closed");
  }

  /// See [Loop#close].
  void close() {
    if (!presence.isVacant()) {
      throw new IllegalStateException("Cannot close a running event loop; stop it first");
    }
    if (closed) {
      return;
    }
    if (attached && !poller.isHostThread()) {
      throw new IllegalStateException("Close an attached loop on the thread of its host");
    }
    sides.requireClosable();
    poller.enter();
    sides.close(this::closeAll);
  }

  private void closeAll() {
    try {
      poller.flush();
    } finally {
      closeFlushed();
    }
  }

  private void closeFlushed() {
    @Nullable GuestDirectory guests = loop.guests();
    loop.locals().close(guests, loop.reports());
    loop.reports().tellDropped();
    closed = true;
    presence.releaseThread();
    inbox.closeInto(turn.ready());
    turn.drop();
    poller.close();
  }
}
