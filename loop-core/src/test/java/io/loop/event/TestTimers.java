package io.loop.event;

/// Timers of a loop that never runs, for tests of the wheel alone.
final class TestTimers {

  private static final Loop LOOP = Loop.create(new ParkPoller());

  private TestTimers() {}

  static TimerHandle timer(long deadlineNanos) {
    return new TimerHandle(LOOP, deadlineNanos, () -> {}, null);
  }
}
