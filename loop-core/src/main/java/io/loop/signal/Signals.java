package io.loop.signal;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Handles SIGINT and SIGTERM while runners are running.
public final class Signals {

  /*
   * Several runners may run concurrently, each on its own thread. A signal is delivered to every
   * runner. The first signal cancels the runner's main task, through the loop; the next one halts
   * the process. If the program has registered its own handler with a runner's loop, the runner
   * ignores the signal.
   */

  private Signals() {}

  /// A run that signals cancel.
  public static final class Watch implements AutoCloseable {
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
          // without signals, or if the JVM reserves them, the JVM's own action applies
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
        // the run is over; its caller continues as if the signal had come later
      }
    }

    /// Returns what a cancelled run throws: the signal's error if only the signal cancelled the
    /// task.
    ///
    /// @param cancelled what the run ended with
    /// @return the error to throw
    public Error translate(CancelledError cancelled) {
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

  /// {@return a watch, which cancels a main task at the first signal until it is closed}
  ///
  /// @param loop the loop that runs the task
  /// @param main the task
  public static Watch watch(Loop loop, Task<?> main) {
    var watch = new Watch(loop, main);
    watch.install();
    return watch;
  }
}
