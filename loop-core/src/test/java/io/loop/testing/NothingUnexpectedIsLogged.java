package io.loop.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/// Fails each test during which something was logged at `WARNING` or above and not captured.
///
/// Registered for all tests, by JUnit's automatic detection. A test that provokes a report on
/// purpose takes it with a [CapturedLog], or with an exception handler of the loop, and looks at
/// it. What is not captured still goes to the console, where it shows what led to it.
public final class NothingUnexpectedIsLogged
    implements BeforeEachCallback, AfterEachCallback, AfterAllCallback {

  /*
   * The handler sits at the root logger: what a CapturedLog takes does not get there. A report may
   * come from another thread, and late, for instance when a future is collected; it then fails the
   * test that is running, or the class. So the message says that it may belong to an earlier test.
   */

  private static final Logger ROOT = Logger.getLogger("");
  private static final Unexpected UNEXPECTED = new Unexpected();

  private static final class Unexpected extends Handler {

    private final List<String> reports = new ArrayList<>();
    private boolean isInstalled;

    synchronized void install() {
      if (!isInstalled) {
        isInstalled = true;
        ROOT.addHandler(this);
      }
    }

    @Override
    public synchronized void publish(LogRecord logged) {
      if (logged.getLevel().intValue() >= Level.WARNING.intValue()) {
        reports.add(describe(logged));
      }
    }

    private static String describe(LogRecord logged) {
      String text = logged.getLevel() + " " + logged.getLoggerName() + ": " + logged.getMessage();
      Throwable thrown = logged.getThrown();
      return thrown == null ? text : text + "\n" + thrown;
    }

    synchronized List<String> take() {
      List<String> taken = List.copyOf(reports);
      reports.clear();
      return taken;
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
  }

  @Override
  public void beforeEach(ExtensionContext test) {
    UNEXPECTED.install();
  }

  @Override
  public void afterEach(ExtensionContext test) {
    check();
  }

  @Override
  public void afterAll(ExtensionContext tests) {
    check();
  }

  static void check() {
    assertThat(UNEXPECTED.take())
        .as("logged at WARNING or above, uncaptured, by this test or by an earlier one's leftovers")
        .isEmpty();
  }
}
