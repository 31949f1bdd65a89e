package io.loop.process;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;

/// What one loop's children have running: processes, and threads in pipes. A loop that closes ends
/// it all. Loop thread and coroutines of the loop.
final class Children implements AutoCloseable {

  private static final LoopLocal<Children> KEY = LoopLocal.withInitial(_ -> new Children());

  private final Set<Runnable> endings = new LinkedHashSet<>();

  private Children() {}

  static Children of(Loop loop) {
    return KEY.get(loop);
  }

  /// Has something ended when the loop closes.
  void add(Runnable ending) {
    endings.add(ending);
  }

  /// Forgets something that has ended.
  void remove(Runnable ending) {
    endings.remove(ending);
  }

  @Override
  public void close() {
    new ArrayList<>(endings).forEach(Runnable::run);
  }
}
