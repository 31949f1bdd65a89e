package io.loop.event;

import io.loop.context.Context;
import java.lang.System.Logger.Level;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// Passes a loop's failures to the program's exception handler if one is set, otherwise to the log.
final class ExceptionReports {

  /*
   * A failing handler must not hide the failure it was called for: the default handler then reports
   * both, and if even that fails, the log gets one plain line. KeyboardInterrupt and SystemExit
   * pass through everything.
   *
   * No other exception leaves a report, because it would end the loop's turn or leave its caller in
   * an inconsistent state. A report needs memory, a stack, and code of the program (toString,
   * handlers, loggers), and each of them may be what has just failed. A failure that cannot be
   * reported is dropped and counted, which needs no memory and no call. The loop reports the number
   * in a later turn, at most once a second until that succeeds, and when it closes.
   */

  private static final System.Logger LOG = System.getLogger("io.loop");
  private static final long RETRY_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Loop loop;
  private long slowNanos = TimeUnit.MILLISECONDS.toNanos(100);
  private @Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler;
  private int dropped;
  private @Nullable Throwable firstDropped;
  private boolean triedToTell;
  private long triedNanos;

  ExceptionReports(Loop loop) {
    this.loop = loop;
  }

  void setHandler(@Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler) {
    this.handler = handler;
  }

  @Nullable BiConsumer<? super Loop, ? super ExceptionContext> handler() {
    return handler;
  }

  void report(ExceptionContext failure) {
    if (MemoryReserve.isUsed()) {
      drop(failure.exception()); // an attempt takes memory that is needed to clean up
      return;
    }
    try {
      deliver(failure);
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      MemoryReserve.useAfter(fault);
      drop(failure.exception());
    }
  }

  /// Reports a failure of an object; creates the report, which may fail too.
  void report(String message, @Nullable Throwable exception, String key, Object subject) {
    if (MemoryReserve.isUsed()) {
      drop(exception);
      return;
    }
    try {
      deliver(new ExceptionContext(message, exception, Map.of(key, subject), null));
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      MemoryReserve.useAfter(fault);
      drop(exception);
    }
  }

  /// Counts a failure that cannot be reported now.
  void drop(@Nullable Throwable exception) {
    if (dropped++ == 0) {
      firstDropped = exception;
    }
  }

  /// Reports the number of dropped reports, if there are any and it is time to try.
  void tellDropped(long nowNanos) {
    if (dropped > 0
        && !MemoryReserve.isUsed()
        && !(triedToTell && nowNanos - triedNanos < RETRY_NANOS)) {
      triedToTell = true;
      triedNanos = nowNanos;
      tellDropped();
    }
  }

  /// Reports the number of dropped reports, if there are any.
  void tellDropped() {
    int count = dropped;
    Throwable first = firstDropped;
    if (count == 0) {
      return;
    }
    dropped = 0;
    firstDropped = null;
    try {
      deliver(
          new ExceptionContext(
              count + " failures could not be reported when they happened; this is the first",
              first));
      triedToTell = false;
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      MemoryReserve.useAfter(fault);
      dropped += count;
      firstDropped = first;
    }
  }

  /// Reports on the host, because handlers and loggers are code of the program and may wait for
  /// locks.
  private void deliver(ExceptionContext failure) {
    loop.sides().runOnHost(() -> tell(failure));
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

  private void reportByDefault(ExceptionContext failure) {
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
  /// @param used the context it ran in, with the values it set there
  void callbackFailed(Handle handle, Context used, Throwable fault) {
    if (MemoryReserve.isUsed()) {
      drop(fault);
      return;
    }
    try {
      var failure =
          new ExceptionContext(
              "Exception in callback " + handle.describe(), fault, Map.of("handle", handle), used);
      deliver(failure.from(handle.origin()));
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable second) {
      MemoryReserve.useAfter(second);
      drop(fault);
    }
  }

  /// See [Loop#slowCallbackDuration].
  long slowNanos() {
    return slowNanos;
  }

  void setSlowNanos(long nanos) {
    slowNanos = nanos;
  }

  /// Logs a callback that has taken as long as a slow one.
  void warnIfSlow(Handle handle, long nanos) {
    if (nanos >= slowNanos) {
      loop.sides().runOnHost(() -> warnSlow(handle, nanos));
    }
  }

  private void warnSlow(Handle handle, long nanos) {
    try {
      LOG.log(
          Level.WARNING,
          "Executing {0} took {1} seconds",
          handle.describe(),
          String.format("%.3f", nanos / 1e9));
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable fault) {
      drop(fault);
    }
  }
}
