package io.loop.event;

import java.time.Duration;

/// A loop's timers, as callers set them. The [TimerWheel] behind it fires them.
///
/// Loop thread only, except [#time].
final class Timers {

  /*
   * The delay of a timer that a handle starts begins when that handle is done: one reading of the
   * clock for all that it started and did not cancel. The turn places them then. Outside a handle a
   * delay begins at once.
   */

  private final Turn turn;
  private final Poller poller;
  private final long originNanos;
  private final TimerWheel wheel;
  private boolean wasSet; // since the wait of the current poll was computed

  Timers(Turn turn, Poller poller) {
    this.turn = turn;
    this.poller = poller;
    this.originNanos = poller.nanoTime();
    this.wheel = new TimerWheel(originNanos, poller.isMovedByHand());
  }

  TimerWheel wheel() {
    return wheel;
  }

  /// See [Loop#time]. Any thread.
  Duration time() {
    return sinceOrigin(poller.nanoTime());
  }

  private Duration sinceOrigin(long nanos) {
    return Duration.ofNanos(nanos - originNanos);
  }

  /// {@return the deadline for a timer that is passed to [#startAfter] next}
  long deadlineAfter(Duration delay) {
    return wheel.deadlineAfter(Nanos.of(delay));
  }

  void startAfter(TimerHandle timer) {
    wheel.scheduleAfter(timer);
    wasSet = true;
    placeUnlessRunning();
  }

  /// {@return the deadline for a timer that is passed to [#startAt]}
  long deadlineAt(Duration when) {
    return originNanos + Nanos.of(when);
  }

  void startAt(TimerHandle timer) {
    wheel.schedule(timer, poller.nanoTime());
    wasSet = true;
    turn.budget().lookNext();
  }

  /// See [TimerHandle#reschedule].
  boolean postpone(TimerHandle timer, Duration delay) {
    boolean isPending = wheel.postpone(timer, Nanos.of(delay));
    wasSet = true; // it may be due sooner than before
    placeUnlessRunning();
    return isPending;
  }

  private void placeUnlessRunning() {
    if (turn.running() == null) {
      place();
    }
  }

  /// Starts the delays that have not begun.
  void place() {
    wheel.place(poller.nanoTime());
    turn.budget().lookNext(); // one may be due soon
  }

  /// See [TimerHandle#when].
  Duration when(TimerHandle timer) {
    if (wheel.isDelayed(timer)) {
      place();
    }
    return sinceOrigin(timer.deadlineNanos);
  }

  void cancel(TimerHandle timer) {
    wheel.cancel(timer);
  }

  /// {@return how long a poll that begins now may wait; see [TimerWheel#nextExpiryNanos]}
  long beginWait() {
    long wait = wheel.nextExpiryNanos(poller.nanoTime());
    wasSet = false;
    return wait;
  }

  /// {@return whether a timer was set since [#beginWait], so that the wait may be too long}
  boolean wereSet() {
    return wasSet;
  }
}
