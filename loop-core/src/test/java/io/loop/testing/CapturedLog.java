package io.loop.testing;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Keeps what a logger is told, and keeps it from the console, until it is closed.
public final class CapturedLog implements AutoCloseable {

  private final Logger logger; // held here: the log manager forgets loggers that nobody holds
  private final List<String> messages = new CopyOnWriteArrayList<>();
  private volatile Runnable before = () -> {};
  private final Handler handler =
      new Handler() {
        @Override
        public void publish(LogRecord logged) {
          before.run();
          messages.add(logged.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
      };

  /// Captures from now on.
  ///
  /// @param name the logger's name
  public CapturedLog(String name) {
    logger = Logger.getLogger(name);
    logger.addHandler(handler);
    logger.setUseParentHandlers(false);
  }

  /// {@return what was logged, in order}
  public List<String> messages() {
    return messages;
  }

  /// Runs something for each message before it is kept, until what is returned is closed.
  public Use within(Runnable action) {
    before = action;
    return () -> before = () -> {};
  }

  /// Something that is in use until it is closed.
  public interface Use extends AutoCloseable {
    @Override
    void close();
  }

  @Override
  public void close() {
    logger.setUseParentHandlers(true);
    logger.removeHandler(handler);
  }
}
