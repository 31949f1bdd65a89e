package io.loop.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// A wheel, and timers for it.
abstract class TimerWheelFixture {

  static final long MILLI = 1_000_000;
  static final long START = -7_777_777;

  final TimerWheel wheel = new TimerWheel(START);

  TimerHandle schedule(long delayNanos) {
    TimerHandle timer = timer(delayNanos);
    wheel.schedule(timer);
    return timer;
  }

  static TimerHandle timer(long delayNanos) {
    return timerAt(START + delayNanos);
  }

  static TimerHandle timerAt(long deadlineNanos) {
    return TestTimers.timer(deadlineNanos);
  }

  List<TimerHandle> advance(long elapsedNanos) {
    return advance(elapsedNanos, ignored -> {});
  }

  List<TimerHandle> advance(long elapsedNanos, Consumer<TimerHandle> callback) {
    List<TimerHandle> due = new ArrayList<>();
    wheel.advance(START + elapsedNanos, ((Consumer<TimerHandle>) due::add).andThen(callback));
    return due;
  }

  static void requireUnlinked(TimerHandle timer) {
    assertThat(timer.slot).isEqualTo(TimerWheel.NOT_SCHEDULED);
    assertThat(timer.previous).isNull();
    assertThat(timer.next).isNull();
  }
}
