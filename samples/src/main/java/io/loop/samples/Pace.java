package io.loop.samples;

import static io.loop.Asyncio.sleep;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/// When a connection sends: so often or for so long, at a rate or as fast as it can.
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

  /// Keeps to a rate that all connections share, each sending in its turn.
  void spread(int index, int connections, int ratePerSecond) {
    intervalNanos = TimeUnit.SECONDS.toNanos(connections) / ratePerSecond;
    offsetNanos = TimeUnit.SECONDS.toNanos(index) / ratePerSecond;
  }

  /// Waits until the next message is due. Coroutine only; suspends if it is not due yet.
  ///
  /// @return false if there is none
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

  /// {@return when the message was due: how late it is sent counts against the answer}
  long dueNanos() {
    return dueNanos;
  }
}
