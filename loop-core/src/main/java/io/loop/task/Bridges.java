package io.loop.task;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The futures of one loop whose outcomes are awaited outside the loop.
///
/// Loop thread and coroutines of the loop only.
final class Bridges {

  /*
   * A bridge is a done callback that is also on a list. The first of two events removes it: the
   * callback runs because its future is settled, or the loop closes. A closing loop no longer runs
   * callbacks, and its pending futures are never settled.
   *
   *   open --callback, or close--> used     final: the function is called
   *     `---remove--------------->          final: it is not
   */

  /// A future, and the function that passes on its outcome.
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

    /// Removes this bridge, because nothing waits for it any more.
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

  /// Calls a function once: when a future is settled, like a done callback, or when the loop
  /// closes, when the future may still be pending. On a closed loop, calls it immediately.
  <T extends @Nullable Object> Bridge<T> add(
      LoopFuture<T> inside, Consumer<? super LoopFuture<T>> function) {
    var bridge = new Bridge<T>(this, inside, function);
    open.add(bridge);
    if (closed || loop.isClosed()) { // the loop may have closed before its LoopTasks was created
      bridge.use();
    } else {
      inside.addDoneCallback(bridge);
    }
    return bridge;
  }

  /// Uses all remaining bridges. A bridge that a function adds meanwhile is used immediately.
  void close() {
    closed = true;
    for (Bridge<?> bridge : List.copyOf(open)) {
      try {
        bridge.use();
      } catch (Throwable fault) { // the other functions must be called too
        loop.callExceptionHandler(
            new ExceptionContext("Exception while closing the event loop", fault));
      }
    }
  }
}
