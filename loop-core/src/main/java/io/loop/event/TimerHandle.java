package io.loop.event;

import io.loop.context.Context;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// A callback that is scheduled for a point in time; returned by [Loop#callLater] and
/// [Loop#callAt].
///
/// Cancelling takes constant time and immediately frees what the timer held. Loop thread only.
///
/// Source: `asyncio.TimerHandle`, Python 3.15.
public final class TimerHandle extends Handle {

  /*
   * The handle is the wheel's entry; all fields belong to the wheel. `deadlineNanos` is a point on
   * the loop's clock. It moves later when the timer's delay starts later than assumed: see
   * TimerDelays.
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
  /// A delay that has not started yet starts now: see [Loop#callLater(Duration, Callback)].
  public Duration when() {
    loop.checkTurn();
    return loop.timers().when(this);
  }

  /// Sets a new delay for a timer that has not fired. It starts like that of
  /// [Loop#callLater(Duration, Callback)].
  ///
  /// To move the deadline later is much cheaper than to cancel the timer and create another one.
  /// Use it for idle timeouts, which move with every message. Allocates nothing.
  ///
  /// No asyncio equivalent; there you cancel the timer and create another.
  ///
  /// @param delay the new delay
  /// @return false if it has fired or was cancelled; nothing is changed then
  public boolean reschedule(Duration delay) {
    loop.checkTurn();
    boolean isPending = loop.timers().postpone(this, delay);
    loop.lifecycle().requestTurn();
    return isPending;
  }

  @Override
  public void cancel() {
    super.cancel();
    loop.timers().cancel(this);
  }
}
