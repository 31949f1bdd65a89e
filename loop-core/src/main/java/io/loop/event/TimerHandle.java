package io.loop.event;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A callback that is scheduled for a point in time; what [Loop#callLater] and [Loop#callAt]
/// return.
///
/// Cancelling takes constant time and frees what the timer held at once. Loop thread only.
///
/// Source: `asyncio.TimerHandle`, Python 3.15.
public final class TimerHandle extends Handle {

  /*
   * The handle is the wheel's entry; all fields belong to the wheel. While the timer's delay has not
   * begun, `deadlineNanos` is that delay.
   */

  long deadlineNanos;
  long sequence;
  int slot = TimerWheel.NOT_SCHEDULED;
  @Nullable TimerHandle previous;
  @Nullable TimerHandle next;

  TimerHandle(Loop loop, long deadlineNanos, Callback callback, @Nullable Context context) {
    super(loop, callback, context);
    this.deadlineNanos = deadlineNanos;
  }

  /// {@return the deadline, as a point on the loop's clock: compare with [Loop#time]}
  ///
  /// A delay that has not begun begins now: see [Loop#callLater(Duration, Callback)].
  public Duration when() {
    loop.checkTurn();
    return loop.sinceOrigin(loop.turn().deadlineOf(this));
  }

  /// Moves the deadline of a timer that has not fired to a delay from now, which begins as that of
  /// [Loop#callLater(Duration, Callback)] does.
  ///
  /// Moving it on costs much less than cancelling it and making another: for idle time-outs, which
  /// move with every message. Allocates nothing.
  ///
  /// asyncio cancels and makes another.
  ///
  /// @param delay how long to wait
  /// @return false if it has fired or was cancelled, and nothing was done
  public boolean reschedule(Duration delay) {
    loop.checkTurn();
    boolean isPending = loop.turn().postpone(this, Nanos.of(delay));
    loop.tellHost();
    return isPending;
  }

  @Override
  public void cancel() {
    super.cancel();
    loop.unschedule(this);
  }
}
