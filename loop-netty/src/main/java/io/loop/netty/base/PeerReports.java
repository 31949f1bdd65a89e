package io.loop.netty.base;

import io.loop.context.Context;
import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import io.loop.event.MemoryReserve;
import io.loop.event.SystemExit;
import io.netty.channel.unix.Errors;
import io.netty.handler.codec.DecoderException;
import java.net.SocketException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Reports failures that a peer can provoke, with a rate limit: a few of each kind per second, and
/// the number of the rest.
///
/// A peer can fail at any rate. Without a limit it would decide how much is logged, and each report
/// costs more than the failure that provoked it. Loop thread and coroutines of the loop only.
public final class PeerReports implements AutoCloseable {

  /*
   * A kind is a message, and there are few of them. Its second starts with the first report after
   * the previous second. Reports that are left out are counted, and the number is reported at the
   * end of the second, or when the loop closes.
   */

  public static final int MOST = 5;

  /// Loaded ahead of time: there may be no memory for them when they are needed.
  static final List<Class<?>> NEEDED =
      List.of(
          Kind.class,
          DecoderException.class,
          Errors.NativeIoException.class,
          SocketException.class);

  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final LoopLocal<PeerReports> KEY = LoopLocal.withInitial(PeerReports::new);

  /// The reports with one message.
  private final class Kind {
    private final String message;
    private Duration end = Duration.ZERO;
    private int made;
    private int leftOut;

    Kind(String message) {
      this.message = message;
    }

    boolean admits(Duration now) {
      if (now.compareTo(end) >= 0) {
        tellLeftOut();
        end = now.plus(SECOND);
        made = 0;
      }
      if (made < MOST) {
        made++;
        return true;
      }
      if (leftOut++ == 0) {
        loop.callLater(end.minus(now), this::tellLeftOut);
      }
      return false;
    }

    void tellLeftOut() {
      int count = leftOut;
      leftOut = 0;
      if (count > 0) {
        loop.callExceptionHandler(
            new ExceptionContext(message + ": " + count + " more in the last second", null));
      }
    }
  }

  private final Loop loop;
  private final Map<String, Kind> kinds = new HashMap<>();

  private PeerReports(Loop loop) {
    this.loop = loop;
  }

  /// Prepares for failures on a loop, while memory and descriptors are available.
  public static void prepare(Loop loop) {
    KEY.get(loop);
    LogAhead.prepare();
  }

  /// Reports a failure, or counts it. Does nothing if the loop is closed. Throws only what
  /// [Loop#callExceptionHandler] throws.
  ///
  /// @param message what happened, one of a few texts
  /// @param fault the exception
  /// @param key the key of the subject in the details
  /// @param subject the connection or channel
  public static void report(
      Loop loop, String message, Throwable fault, String key, Object subject) {
    report(loop, message, fault, key, subject, null);
  }

  /// Reports a failure in a context, or counts it.
  public static void report(
      Loop loop,
      String message,
      Throwable fault,
      String key,
      Object subject,
      @Nullable Context context) {
    if (loop.isClosed()) {
      return;
    }
    if (MemoryReserve.isUsed()) {
      loop.callExceptionHandler(message, fault, key, subject); // counts it
      return;
    }
    ExceptionContext report;
    try {
      if (!KEY.get(loop).admits(message)) {
        return;
      }
      report = new ExceptionContext(message, fault, Map.of(key, subject), context);
    } catch (KeyboardInterrupt | SystemExit fatal) {
      throw fatal;
    } catch (Throwable failed) {
      MemoryReserve.useAfter(failed);
      loop.callExceptionHandler(message, fault, key, subject); // counts it where it fails too
      return;
    }
    loop.callExceptionHandler(report);
  }

  private boolean admits(String message) {
    return kinds.computeIfAbsent(message, Kind::new).admits(loop.time());
  }

  @Override
  public void close() {
    kinds.values().forEach(Kind::tellLeftOut);
  }
}
