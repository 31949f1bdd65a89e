package io.loop.netty.base;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.concurrent.atomic.AtomicBoolean;

/// Makes the JVM load what a log line needs, while file descriptors are available.
///
/// The first log line of a process reads the time zones and the logger's configuration from files.
/// If that fails for lack of descriptors, the classes stay unusable, and nothing is ever logged.
/// Everything else that a report needs is in jars, which are already open.
final class LogAhead {

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private LogAhead() {}

  /// Loads it in the background, once per JVM. Any thread.
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
