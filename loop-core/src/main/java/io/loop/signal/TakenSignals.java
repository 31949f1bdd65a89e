package io.loop.signal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The signals that this library handles instead of the JVM, and their receivers. Any thread.
final class TakenSignals {

  /*
   * The JVM has one handler per signal. Adding the first receiver of a signal installs our handler,
   * and removing the last one restores the previous handler. The order in which receivers are added
   * and removed therefore does not matter.
   */

  private static final Map<String, TakenSignals> TAKEN = new HashMap<>();

  private final List<Runnable> receivers = new ArrayList<>(1);
  private @Nullable Runnable putBack;

  private TakenSignals() {}

  /// Adds a receiver that is called on a JVM thread each time a signal arrives.
  ///
  /// @param name the signal's name, without `SIG`
  /// @param receiver what to call
  /// @throws IllegalArgumentException if there is no such signal, or the JVM reserves it; nothing
  ///   has changed then
  static void add(String name, Runnable receiver) {
    synchronized (TAKEN) {
      TakenSignals signal = TAKEN.get(name);
      if (signal == null) {
        signal = new TakenSignals();
        signal.putBack = OsSignal.take(name, () -> deliver(name));
        TAKEN.put(name, signal);
      }
      signal.receivers.add(receiver);
    }
  }

  /// Removes a receiver that [#add] added.
  static void remove(String name, Runnable receiver) {
    synchronized (TAKEN) {
      TakenSignals signal = TAKEN.get(name);
      if (signal != null && signal.receivers.remove(receiver) && signal.receivers.isEmpty()) {
        TAKEN.remove(name);
        if (signal.putBack != null) {
          signal.putBack.run();
        }
      }
    }
  }

  private static void deliver(String name) {
    List<Runnable> receiving;
    synchronized (TAKEN) {
      TakenSignals signal = TAKEN.get(name);
      receiving = signal == null ? List.of() : List.copyOf(signal.receivers);
    }
    receiving.forEach(Runnable::run);
  }
}
