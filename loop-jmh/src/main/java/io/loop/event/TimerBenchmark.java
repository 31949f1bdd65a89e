package io.loop.event;

import static io.loop.event.OutstandingTimers.TIMERS;

import io.loop.benchmark.LoopBenchmark;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.infra.Blackhole;

/// The cost of a timer while many others are outstanding: one that is cancelled, as most timeouts
/// are, immediately or as the oldest, and one that expires.
public class TimerBenchmark extends LoopBenchmark {

  /// One operation: a reading of the clock. Every other method here starts with one, to compute a
  /// deadline.
  @Benchmark
  public long readClock() {
    return System.nanoTime();
  }

  /// One operation: [Loop#callLater] and [TimerHandle#cancel], in a callback of the loop.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void loopScheduleCancel(OutstandingTimers.OnLoop timers, Blackhole handles) {
    timers.scheduleAndCancel(handles);
  }

  /// One operation: `schedule` and `cancel`, on the event loop's thread.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void nettyScheduleCancel(OutstandingTimers.OnEventLoop timers, Blackhole futures) {
    timers.scheduleAndCancel(futures);
  }

  /// One operation: `newTimeout` and `cancel`. The work of the wheel's thread is not counted.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void hashedWheelScheduleCancel(OutstandingTimers.OnWheel timers, Blackhole timeouts) {
    timers.scheduleAndCancel(timeouts);
  }

  /// One operation: [Loop#callLater], and [TimerHandle#cancel] of the oldest timer, in a callback
  /// of the loop.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void loopCancelOldest(OutstandingTimers.OnLoop timers) {
    timers.scheduleAndCancelOldest();
  }

  /// One operation: `schedule`, and `cancel` of the oldest timer, on the event loop's thread.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void nettyCancelOldest(OutstandingTimers.OnEventLoop timers) {
    timers.scheduleAndCancelOldest();
  }

  /// One operation: `newTimeout`, and `cancel` of the oldest timer. The work of the wheel's thread
  /// is not counted.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void hashedWheelCancelOldest(OutstandingTimers.OnWheel timers) {
    timers.scheduleAndCancelOldest();
  }

  /// One operation: a timer is scheduled a millisecond ahead and its callback runs, while the loop
  /// schedules others.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void loopScheduleExpire(OutstandingTimers.OnLoop timers) {
    timers.scheduleAndExpire();
  }

  /// One operation: a timer is scheduled a millisecond ahead and its task runs, while the event
  /// loop schedules others.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void nettyScheduleExpire(OutstandingTimers.OnEventLoop timers) {
    timers.scheduleAndExpire();
  }

  /// One operation: a timer is scheduled a millisecond ahead by one thread, and its task runs on
  /// the wheel's.
  @Benchmark
  @OperationsPerInvocation(TIMERS)
  public void hashedWheelScheduleExpire(OutstandingTimers.OnWheel timers)
      throws InterruptedException {
    timers.scheduleAndExpire();
  }

  /// One operation: one of a million timers, whose deadlines lie within 5 ms and have all passed,
  /// leaves the loop's wheel and its callback runs.
  @Benchmark
  @OperationsPerInvocation(DueTimers.TIMERS)
  public void loopExpireMillion(DueTimers.OnLoop timers) {
    timers.expire();
  }

  /// One operation: as [#loopExpireMillion], on an event loop of the benchmark's thread.
  @Benchmark
  @OperationsPerInvocation(DueTimers.TIMERS)
  public void nettyExpireMillion(DueTimers.OnEventLoop timers) {
    timers.expire();
  }

  /// One operation: as [#loopExpireMillion], on the wheel's thread, which is released and awaited.
  @Benchmark
  @OperationsPerInvocation(DueTimers.TIMERS)
  public void hashedWheelExpireMillion(DueTimers.OnWheel timers) throws InterruptedException {
    timers.expire();
  }
}
