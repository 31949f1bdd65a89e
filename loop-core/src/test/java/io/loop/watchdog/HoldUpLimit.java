package io.loop.watchdog;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;

/// Has loops that stand still reported sooner, until it is closed.
public final class HoldUpLimit implements AutoCloseable {

  private final long before = HoldUps.limitNanos();
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final OutputStream standardError = HoldUps.setLastResort(printed);

  /// Sets the limit from now on.
  public HoldUpLimit(Duration limit) {
    set(limit);
  }

  /// Sets another limit from now on. Loops are looked at five times in each.
  public void set(Duration limit) {
    HoldUps.setLimitNanos(limit.toNanos());
  }

  /// {@return what was written where no logger is needed}
  public String printed() {
    return printed.toString(Charset.defaultCharset());
  }

  /// Waits until everything was logged about the loops that have ended; then sets the limit back.
  @Override
  public void close() {
    awaitLook();
    var logged = new CountDownLatch(1);
    HoldUps.report(logged::countDown);
    await(logged);
    HoldUps.setLimitNanos(before);
    HoldUps.setLastResort(standardError);
  }

  /// Waits until the watching thread has looked at every loop once more.
  ///
  /// It looks at them in the order in which they came, and this one comes last and never runs.
  private static void awaitLook() {
    var last = new UnusedLoop();
    last.watch();
    while (last.isWatched()) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }
}
