package io.loop.netty;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicBoolean;

/// Has the JVM load what a log line needs, while there are file descriptors for that.
///
/// The first line of a process reads the time zones and the logger's configuration from files. If
/// that fails, for want of descriptors, the classes that failed are unusable for good, and nothing
/// is ever logged. What else a report needs is in jars, which are open by then.
final class LogAhead {

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private LogAhead() {}

  /// Does so in the background, once for the JVM. Any thread.
  static void prepare() {
    if (!STARTED.getAndSet(true)) {
      Thread.ofPlatform().daemon().name("loop-log-ahead").start(LogAhead::load);
    }
  }

  private static void load() {
    boolean _ = System.getLogger("io.loop").isLoggable(System.Logger.Level.ERROR);
    var page = new StringWriter();
    new Throwable().printStackTrace(new PrintWriter(page));
    String _ = String.format("%tc", ZonedDateTime.now(ZoneId.systemDefault()));
  }
}
