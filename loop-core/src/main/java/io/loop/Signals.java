package io.loop;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Task;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// SIGINT and SIGTERM for as long as runners run.
final class Signals {

  /*
   * The JVM has one handler per signal, and several runners may run at once, each on its thread. The
   * first one to start installs ours, the last one to end puts back what was there. A signal goes to
   * every runner: the first cancels its main task, through the loop; any further one ends the
   * process without running anything more.
   */

  private static final List<Watch> WATCHES = new ArrayList<>();
  private static final List<Runnable> PUT_BACK = new ArrayList<>();

  private Signals() {}

  /// One run that signals cancel.
  static final class Watch implements AutoCloseable {
    private final Loop loop;
    private final Task<?> main;
    private volatile @Nullable OsSignal received;

    private Watch(Loop loop, Task<?> main) {
      this.loop = loop;
      this.main = main;
    }

    private void accept(OsSignal signal) {
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
      unwatch(this);
    }
  }

  static Watch watch(Loop loop, Task<?> main) {
    var watch = new Watch(loop, main);
    synchronized (WATCHES) {
      if (WATCHES.isEmpty()) {
        install();
      }
      WATCHES.add(watch);
    }
    return watch;
  }

  private static void install() {
    for (OsSignal signal : OsSignal.values()) {
      Runnable putBack = signal.handle(() -> deliver(signal));
      if (putBack != null) {
        PUT_BACK.add(putBack);
      }
    }
  }

  private static void deliver(OsSignal signal) {
    List<Watch> watching;
    synchronized (WATCHES) {
      watching = List.copyOf(WATCHES);
    }
    watching.forEach(watch -> watch.accept(signal));
  }

  private static void unwatch(Watch watch) {
    synchronized (WATCHES) {
      WATCHES.remove(watch);
      if (WATCHES.isEmpty()) {
        PUT_BACK.forEach(Runnable::run);
        PUT_BACK.clear();
      }
    }
  }
}
