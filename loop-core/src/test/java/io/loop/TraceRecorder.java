package io.loop;

import static io.loop.Asyncio.sleep;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.event.PolledLoop;
import io.loop.event.Poller;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.TimeoutException;

/// Runs a scenario and writes down what happens, in which tick, as asyncio's own traces have it.
///
/// Tick 0 is that of the scenario's first step. Time is virtual: one of asyncio's seconds is a
/// millisecond here, so that all timers fit the lowest wheel and no tick passes without work.
final class TraceRecorder {

  static final Duration TICK = Duration.ZERO;

  /// Counts ticks and moves the clock; never waits.
  private static final class CountingPoller implements Poller {
    private long nanos;
    private int polls;

    @Override
    public void open(PolledLoop loop) {}

    @Override
    public void poll(long waitNanos) {
      if (waitNanos == Long.MAX_VALUE) {
        throw new IllegalStateException("DEADLOCK");
      }
      nanos += waitNanos;
      polls++;
    }

    @Override
    public void wakeup() {}

    @Override
    public long nanoTime() {
      return nanos;
    }

    @Override
    public void close() {}
  }

  static final class ValueError extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  static final class TypeError extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  static final class RuntimeError extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  static final class KeyError extends RuntimeException {
    private static final long serialVersionUID = 1;

    KeyError() {}

    /// In Java what is being handled is told on purpose.
    KeyError(Throwable cause) {
      super(cause);
    }
  }

  private final CountingPoller poller = new CountingPoller();
  private final Loop loop = Loop.create(poller);
  private final List<String> trace = new ArrayList<>();
  private final List<String> handlerKeys = new ArrayList<>();

  TraceRecorder() {
    loop.setTicksPerPoll(1, Duration.ZERO);
    loop.setExceptionHandler((_, report) -> handle(report));
  }

  private void handle(ExceptionContext report) {
    boolean isCallback = report.message().startsWith("Exception in callback");
    log("HANDLER", isCallback ? "Exception in callback …" : report.message());
    var keys = new TreeSet<>(report.details().keySet());
    keys.addAll(List.of("message", "exception"));
    handlerKeys.add(keys.toString());
  }

  /// {@return the trace of a scenario without a result}
  String trace(Coro.Action main) {
    return trace(() -> {
      main.run();
      return null;
    });
  }

  /// {@return the trace of a scenario}
  String trace(Coro<?> main) {
    Coro<Object> logged =
        () -> {
          try {
            Object result = main.run();
            log("main=", result);
            return result;
          } catch (ExceptionGroup group) {
            log("main! ExceptionGroup", namesOf(group));
            return null;
          }
        };
    try {
      Asyncio.runUntilComplete(loop, logged);
    } catch (SystemExit exit) {
      trace.add("RUC! SystemExit " + exit.code());
    }
    loop.setExceptionHandler((_, _) -> {});
    loop.close();
    return String.join(" ; ", trace);
  }

  Loop loop() {
    return loop;
  }

  /// Writes down something that happens now.
  void log(Object... parts) {
    var text = new StringBuilder().append(poller.polls - 1).append(':');
    for (int i = 0; i < parts.length; i++) {
      text.append(i == 0 ? "" : " ").append(inPython(parts[i]));
    }
    trace.add(text.toString());
  }

  private static String inPython(Object value) {
    return switch (value) {
      case null -> "None";
      case Boolean truth -> truth ? "True" : "False";
      case List<?> list -> listInPython(list);
      default -> value.toString();
    };
  }

  private static String listInPython(List<?> list) {
    List<String> items = new ArrayList<>();
    for (Object item : list) {
      items.add(item instanceof String ? "'" + item + "'" : inPython(item));
    }
    return items.toString();
  }

  List<String> handlerKeys() {
    return handlerKeys;
  }

  /// {@return the loop's time in asyncio's seconds}
  double time() {
    return loop.time().toMillis();
  }

  static Duration seconds(int seconds) {
    return Duration.ofMillis(seconds);
  }

  static String name(Throwable fault) {
    return fault instanceof TimeoutException ? "TimeoutError" : fault.getClass().getSimpleName();
  }

  static List<String> namesOf(ExceptionGroup group) {
    return group.exceptions().stream().map(TraceRecorder::name).toList();
  }

  static String argsOf(CancelledError error) {
    return error.getMessage() == null ? "()" : "('" + error.getMessage() + "',)";
  }

  static int cancelling() {
    return Task.current().cancelling();
  }

  static void ticks(int count) {
    for (int i = 0; i < count; i++) {
      sleep(TICK);
    }
  }

  Coro<String> ok(String name, int ticks) {
    return () -> {
      ticks(ticks);
      log(name, "done");
      return name;
    };
  }

  Coro<String> bad(String name, int ticks) {
    return bad(name, ticks, new ValueError());
  }

  Coro<String> bad(String name, int ticks, RuntimeException fault) {
    return () -> {
      ticks(ticks);
      log(name, "raises");
      throw fault;
    };
  }

  Coro<String> stuck(String name, int cleanUpTicks) {
    return stuck(name, cleanUpTicks, null);
  }

  /// Waits until it is cancelled, then cleans up and throws the cancellation on, or another
  /// failure.
  Coro<String> stuck(String name, int cleanUpTicks, RuntimeException instead) {
    return () -> {
      try {
        return new LoopFuture<String>().await();
      } catch (CancelledError cancelled) {
        ticks(cleanUpTicks);
        log(name, "CE");
        if (instead != null) {
          throw instead;
        }
        throw cancelled;
      }
    };
  }
}
