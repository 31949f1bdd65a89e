package io.loop.samples;

import static io.loop.Asyncio.sleep;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// The times at which a connection sends: a number of messages or a duration, at a rate or as fast
/// as possible.
final class Pace {

  private final long most;
  private final long lengthNanos;
  private final long startNanos = System.nanoTime();
  private long offsetNanos;
  private long intervalNanos;
  private long dueNanos = startNanos;
  private long count;

  private Pace(long most, long lengthNanos) {
    this.most = most;
    this.lengthNanos = lengthNanos;
  }

  static Pace ofMessages(long messages) {
    return new Pace(messages, Long.MAX_VALUE);
  }

  static Pace forSeconds(int seconds) {
    return new Pace(Long.MAX_VALUE, TimeUnit.SECONDS.toNanos(seconds));
  }

  /// Sets a rate that all connections share; they send in turn.
  void spread(int index, int connections, int ratePerSecond) {
    intervalNanos = TimeUnit.SECONDS.toNanos(connections) / ratePerSecond;
    offsetNanos = TimeUnit.SECONDS.toNanos(index) / ratePerSecond;
  }

  /// Waits until the next message is due. Coroutine only; suspends if it is not due yet.
  ///
  /// @return false if there is no next message
  boolean awaitNext() {
    if (count == most) {
      return false;
    }
    long now = System.nanoTime();
    dueNanos = intervalNanos == 0 ? now : startNanos + offsetNanos + count * intervalNanos;
    if (dueNanos - startNanos >= lengthNanos) {
      return false;
    }
    count++;
    if (dueNanos - now > 0) {
      sleep(Duration.ofNanos(dueNanos - now));
    }
    return true;
  }

  /// {@return when the message was due: the delay until it is sent counts as latency}
  long dueNanos() {
    return dueNanos;
  }
}
