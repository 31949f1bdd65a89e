package io.loop.task;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The futures of one loop whose outcome something outside of the loop waits for.
///
/// Loop thread and coroutines of the loop only.
final class Bridges {

  /*
   * A bridge is a done callback that is also on a list. Whoever comes first takes it off: its future is
   * settled and the callback runs, or the loop closes. A closing loop runs no callbacks any more, and
   * nobody settles what is pending then.
   *
   *   open --callback, or close--> used     final: the function is called
   *     `---remove--------------->          final: it is not
   */

  /// One future, and the function that hands its outcome on.
  static final class Bridge<T extends @Nullable Object> implements DoneCallback<LoopFuture<T>> {
    private final Bridges owner;
    private final LoopFuture<T> inside;
    private final Consumer<? super LoopFuture<T>> function;

    private Bridge(Bridges owner, LoopFuture<T> inside, Consumer<? super LoopFuture<T>> function) {
      this.owner = owner;
      this.inside = inside;
      this.function = function;
    }

    @Override
    public void call(LoopFuture<T> settled) {
      if (owner.open.remove(this)) {
        function.accept(settled);
      }
    }

    /// Takes it away: nobody waits any more.
    void remove() {
      if (owner.open.remove(this)) {
        inside.removeDoneCallback(this);
      }
    }

    private void use() {
      call(inside);
    }
  }

  private final Loop loop;
  private final Set<Bridge<?>> open = new LinkedHashSet<>();
  private boolean closed;

  Bridges(Loop loop) {
    this.loop = loop;
  }

  static Bridges of(Loop loop) {
    return LoopTasks.of(loop).bridges();
  }

  /// Calls a function once: when a future is settled, as its done callbacks are called, or when the
  /// loop closes. Then the future may be pending. On a closed loop it is called at once.
  <T extends @Nullable Object> Bridge<T> add(
      LoopFuture<T> inside, Consumer<? super LoopFuture<T>> function) {
    var bridge = new Bridge<T>(this, inside, function);
    open.add(bridge);
    if (closed || loop.isClosed()) { // the loop may have closed before its tasks were made
      bridge.use();
    } else {
      inside.addDoneCallback(bridge);
    }
    return bridge;
  }

  /// Uses all that are left; what a function adds meanwhile is used at once.
  void close() {
    closed = true;
    for (Bridge<?> bridge : List.copyOf(open)) {
      try {
        bridge.use();
      } catch (Throwable fault) { // the others must be told too
        loop.callExceptionHandler(
            new ExceptionContext("Exception while closing the event loop", fault));
      }
    }
  }
}
