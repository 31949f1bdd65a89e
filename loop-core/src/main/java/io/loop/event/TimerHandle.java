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
   * The handle is the wheel's entry. All but `deadlineNanos`, fixed here, belongs to the wheel.
   */

  final long deadlineNanos;
  long sequence;
  int slot = TimerWheel.NOT_SCHEDULED;
  @Nullable TimerHandle previous;
  @Nullable TimerHandle next;

  TimerHandle(Loop loop, long deadlineNanos, Runnable callback, @Nullable Context context) {
    super(loop, callback, context);
    this.deadlineNanos = deadlineNanos;
  }

  /// {@return the deadline, as a point on the loop's clock: compare with [Loop#time]}
  public Duration when() {
    return loop.sinceOrigin(deadlineNanos);
  }

  @Override
  public void cancel() {
    super.cancel();
    loop.unschedule(this);
  }
}
