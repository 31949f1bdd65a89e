package io.loop.process;

import io.loop.event.Loop;
import io.loop.event.LoopLocal;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;

/// The processes and pipe threads of one loop's children. When the loop closes, all of them are
/// ended. Loop thread and coroutines of the loop.
final class Children implements AutoCloseable {

  private static final LoopLocal<Children> KEY = LoopLocal.withInitial(_ -> new Children());

  private final Set<Runnable> endings = new LinkedHashSet<>();

  private Children() {}

  static Children of(Loop loop) {
    return KEY.get(loop);
  }

  /// Registers something to be ended when the loop closes.
  void add(Runnable ending) {
    endings.add(ending);
  }

  /// Removes something that has ended.
  void remove(Runnable ending) {
    endings.remove(ending);
  }

  @Override
  public void close() {
    new ArrayList<>(endings).forEach(Runnable::run);
  }
}
