package io.loop;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The signals that are ours instead of the JVM's, and who receives them. Any thread.
final class TakenSignals {

  /*
   * The JVM has one handler per signal. The first receiver of a signal installs ours, the last one
   * to go puts back what was there, so the order in which receivers come and go does not matter.
   */

  private static final Map<String, TakenSignals> TAKEN = new HashMap<>();

  private final List<Runnable> receivers = new ArrayList<>(1);
  private @Nullable Runnable putBack;

  private TakenSignals() {}

  /// Adds one who is called, on a thread of the JVM's own, each time a signal comes.
  ///
  /// @param name the signal's name, without `SIG`
  /// @param receiver what to call
  /// @throws IllegalArgumentException if there is no such signal, or this JVM does not give it
  ///   away; nothing has changed then
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

  /// Removes one, who must be there.
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
