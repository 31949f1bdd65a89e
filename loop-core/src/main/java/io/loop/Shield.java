package io.loop;

import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import org.jspecify.annotations.Nullable;

/// Lets a coroutine await a future without passing on its own cancellation.
final class Shield {

  private Shield() {}

  static <T extends @Nullable Object> LoopFuture<T> around(LoopFuture<T> inner) {
    if (inner.isDone()) {
      return inner;
    }
    var outer = new LoopFuture<T>(inner.getLoop());
    DoneCallback<LoopFuture<T>> copy = settled -> copy(settled, outer);
    Tasks.addDoneCallbackFor(inner, Task.current(), copy);
    outer.addDoneCallback(_ -> {
      if (!inner.isDone()) {
        inner.removeDoneCallback(copy);
      }
    });
    return outer;
  }

  private static <T extends @Nullable Object> void copy(LoopFuture<T> inner, LoopFuture<T> outer) {
    if (outer.isCancelled()) {
      return; // a failure of inner stays unread, and is reported unless other code reads it
    }
    if (inner.isCancelled()) {
      outer.cancel();
      return;
    }
    Throwable fault = inner.exception();
    if (fault != null) {
      outer.setException(fault);
    } else {
      outer.setResult(inner.result());
    }
  }
}
