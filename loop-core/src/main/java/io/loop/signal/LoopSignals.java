package io.loop.signal;

import io.loop.context.Context;
import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

/// The signal handlers of one loop, removed when the loop closes.
public final class LoopSignals implements AutoCloseable {

  /*
   * `receivers` is written on the loop and read by the JVM's signal threads in handles().
   */

  private static final LoopLocal<LoopSignals> KEY = LoopLocal.withInitial(LoopSignals::new);

  private final Loop loop;
  private final Map<String, Runnable> receivers = new ConcurrentHashMap<>();

  private LoopSignals(Loop loop) {
    this.loop = loop;
  }

  /// {@return the handlers of a loop} Loop thread only.
  ///
  /// @param loop the loop
  public static LoopSignals of(Loop loop) {
    return KEY.get(loop);
  }

  /// {@return whether a loop has a handler for a signal, which then replaces the default action}
  /// Any thread.
  static boolean handles(Loop loop, OsSignal signal) {
    LoopSignals signals = KEY.peek(loop);
    return signals != null && signals.receivers.containsKey(signal.name());
  }

  /// Adds a handler, which replaces an earlier one of the same signal. Loop thread only.
  ///
  /// @param signal the name of the signal, with or without `SIG`
  /// @param callback what to call on the loop, in a copy of the current context
  /// @throws IllegalArgumentException if there is no such signal, or the JVM reserves it
  public void add(String signal, Callback callback) {
    Objects.requireNonNull(callback, "callback");
    loop.checkTurn();
    String name = plain(signal);
    Context context = Context.copyCurrent();
    Runnable receiver = () -> tell(callback, context);
    TakenSignals.add(name, receiver);
    Runnable before = receivers.put(name, receiver);
    if (before != null) {
      TakenSignals.remove(name, before);
    }
  }

  private void tell(Callback callback, Context context) {
    try {
      loop.callSoonThreadsafe(callback, context);
    } catch (IllegalStateException closed) {
      // the loop has closed, and its handlers with it
    }
  }

  /// Removes a handler. Loop thread only.
  ///
  /// @param signal the name of the signal, with or without `SIG`
  /// @return whether there was one
  public boolean remove(String signal) {
    loop.checkTurn();
    String name = plain(signal);
    Runnable receiver = receivers.remove(name);
    if (receiver == null) {
      return false;
    }
    TakenSignals.remove(name, receiver);
    return true;
  }

  private static String plain(String name) {
    return name.startsWith("SIG") ? name.substring(3) : name;
  }

  @Override
  public void close() {
    receivers.forEach(TakenSignals::remove);
    receivers.clear();
  }
}
