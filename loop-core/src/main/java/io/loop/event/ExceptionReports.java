package io.loop.event;

import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Where a loop's failures go: the program's handler if it set one, else the log.
final class ExceptionReports {

  /*
   * A failing handler must not hide the failure it was told about: the default handler then reports
   * both, and if even that fails the log gets one plain line. KeyboardInterrupt and SystemExit pass
   * through everything.
   */

  private static final System.Logger LOG = System.getLogger("io.loop");

  private final Loop loop;
  private @Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler;

  ExceptionReports(Loop loop) {
    this.loop = loop;
  }

  void setHandler(@Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler) {
    this.handler = handler;
  }

  @Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler() {
    return handler;
  }

  /// Reports on the host: handlers and loggers are the program's, and may wait for locks.
  void report(ExceptionContext failure) {
    loop.runOnHost(() -> tell(failure));
  }

  private void tell(ExceptionContext failure) {
    var custom = handler;
    if (custom == null) {
      reportByDefault(failure);
      return;
    }
    try {
      runHandler(custom, failure);
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      reportByDefault(
          new ExceptionContext(
              "Unhandled error in exception handler", fault, Map.of("context", failure), null));
    }
  }

  private void runHandler(
      BiConsumer<? super Loop, ? super ExceptionContext> custom, ExceptionContext failure) {
    Context context = failure.context();
    if (context == null || context.isEntered()) {
      custom.accept(loop, failure);
    } else {
      context.run(() -> custom.accept(loop, failure));
    }
  }

  void reportByDefault(ExceptionContext failure) {
    try {
      logFailure(failure);
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      LOG.log(Level.ERROR, "Exception in default exception handler", fault);
    }
  }

  void logFailure(ExceptionContext failure) {
    Throwable exception = failure.exception();
    String text = failure.text(originOfRunning());
    if (exception == null) {
      LOG.log(Level.ERROR, text);
    } else {
      LOG.log(Level.ERROR, text, exception);
    }
  }

  private @Nullable Origin originOfRunning() {
    Handle running = loop.turn().running();
    return running == null ? null : running.origin();
  }

  /// Reports a failed callback.
  ///
  /// @param used the context it ran in, with what it set there; null if it never asked for it
  void callbackFailed(Handle handle, @Nullable Context used, Throwable fault) {
    var failure =
        new ExceptionContext(
            "Exception in callback " + handle.describe(),
            fault,
            Map.of("handle", handle),
            used != null ? used : handle.context());
    report(failure.from(handle.origin()));
  }

  static void warnSlow(Handle handle, long nanos) {
    LOG.log(
        Level.WARNING,
        "Executing {0} took {1} seconds",
        handle.describe(),
        String.format("%.3f", nanos / 1e9));
  }
}
