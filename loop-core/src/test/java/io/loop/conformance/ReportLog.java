package io.loop.conformance;

import java.util.function.BiConsumer;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/// Listens to the logger that loops report to by default, and keeps it off the console meanwhile.
final class ReportLog extends Handler {

  private static final Logger LOGGER = Logger.getLogger("io.loop");

  private final BiConsumer<String, @Nullable Throwable> listener;

  private ReportLog(BiConsumer<String, @Nullable Throwable> listener) {
    this.listener = listener;
  }

  /// Passes on what is reported until it is closed.
  ///
  /// @param listener told the message and the exception
  static ReportLog listen(BiConsumer<String, @Nullable Throwable> listener) {
    var log = new ReportLog(listener);
    LOGGER.addHandler(log);
    LOGGER.setUseParentHandlers(false);
    return log;
  }

  @Override
  public void publish(LogRecord report) {
    if (report.getLevel().intValue() >= Level.SEVERE.intValue()) {
      listener.accept(messageOf(report.getMessage()), report.getThrown());
    }
  }

  /// The message alone: in debug mode the text goes on with where things were made.
  private static String messageOf(String text) {
    int origin = text.indexOf("\nHandle created at");
    return origin < 0 ? text : text.substring(0, origin);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {
    LOGGER.removeHandler(this);
    LOGGER.setUseParentHandlers(true);
  }
}
