package io.loop.conformance;

import io.loop.event.PolledLoop;
import io.loop.event.Poller;

/// A poller whose clock jumps to the next timer, and that calls back when there is none.
final class VirtualPoller implements Poller {

  private final Runnable whenIdle;
  private long nanos;

  VirtualPoller(Runnable whenIdle) {
    this.whenIdle = whenIdle;
  }

  @Override
  public void open(PolledLoop loop) {}

  @Override
  public void poll(long waitNanos) {
    if (waitNanos == Long.MAX_VALUE) {
      whenIdle.run();
    } else {
      nanos += waitNanos;
    }
  }

  @Override
  public void wakeup() {}

  @Override
  public long nanoTime() {
    return nanos;
  }

  @Override
  public void close() {}
}
