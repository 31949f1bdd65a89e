package io.loop.event;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.time.Duration;

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

  @Override
  public void close() {
    HoldUps.setLimitNanos(before);
    HoldUps.setLastResort(standardError);
  }
}
