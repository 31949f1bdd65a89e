package io.loop;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// SIGINT and SIGTERM for as long as runners run.
final class Signals {

  /*
   * Several runners may run at once, each on its thread. A signal goes to every runner: the first
   * cancels its main task, through the loop; any further one ends the process without running
   * anything more. A runner whose loop has a handler of the program's own for the signal leaves it
   * to that.
   */

  private Signals() {}

  /// One run that signals cancel.
  static final class Watch implements AutoCloseable {
    private final Loop loop;
    private final Task<?> main;
    private final Map<OsSignal, Runnable> receivers = new EnumMap<>(OsSignal.class);
    private volatile @Nullable OsSignal received;

    private Watch(Loop loop, Task<?> main) {
      this.loop = loop;
      this.main = main;
    }

    private void install() {
      for (OsSignal signal : OsSignal.values()) {
        Runnable receiver = () -> accept(signal);
        try {
          TakenSignals.add(signal.name(), receiver);
          receivers.put(signal, receiver);
        } catch (IllegalArgumentException kept) {
          // a JVM that keeps its signals, or has none, ends without our help
        }
      }
    }

    private void accept(OsSignal signal) {
      if (LoopSignals.handles(loop, signal)) {
        return;
      }
      if (received != null) {
        Runtime.getRuntime().halt(signal.exitCode());
      }
      received = signal;
      try {
        loop.callSoonThreadsafe(main::cancel);
      } catch (IllegalStateException closed) {
        // the run is over; its caller goes on as if the signal had come later
      }
    }

    /// What a cancelled run throws: the signal's error, if the cancellation was the signal's alone.
    Error translate(CancelledError cancelled) {
      OsSignal signal = received;
      if (signal == null || main.uncancel() > 0) {
        return cancelled;
      }
      return signal == OsSignal.INT
          ? new KeyboardInterrupt(cancelled)
          : new SystemExit(signal.exitCode());
    }

    @Override
    public void close() {
      receivers.forEach((signal, receiver) -> TakenSignals.remove(signal.name(), receiver));
    }
  }

  static Watch watch(Loop loop, Task<?> main) {
    var watch = new Watch(loop, main);
    watch.install();
    return watch;
  }
}
