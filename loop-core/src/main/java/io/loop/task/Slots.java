package io.loop.task;

import io.loop.event.Loop;
import org.jspecify.annotations.Nullable;

/// So many places for bodies that run at the same time; first come, first served.
///
/// Loop thread and coroutines of the loop only.
final class Slots {

  /*
   * A place that is given up goes to the one who waits longest, if there is one, and is free
   * otherwise. Who is cancelled after it was given a place passes it on.
   */

  private final WaiterLine waiting = new WaiterLine();
  private int free;

  Slots(int limit) {
    if (limit < 1) {
      throw new IllegalArgumentException("limit must be at least 1, not " + limit);
    }
    this.free = limit;
  }

  <T extends @Nullable Object> Coro<T> within(Coro<T> body) {
    final class Limited implements Coro<T>, Repr.Wrapper {
      @Override
      public T run() throws Exception {
        acquire();
        try {
          return body.run();
        } finally {
          release();
        }
      }

      @Override
      public Object wrapped() {
        return body;
      }

      @Override
      public String toString() {
        return Repr.function(body);
      }
    }
    return new Limited();
  }

  /// Takes a place; suspends until there is one.
  void acquire() {
    if (free > 0) {
      free--;
      return;
    }
    var place = new LoopFuture<@Nullable Void>(Loop.running());
    try {
      waiting.await(place);
    } catch (Throwable fault) {
      if (!place.isCancelled()) {
        release(); // it had been given to us
      }
      throw fault;
    }
  }

  void release() {
    if (!waiting.wakeFirst()) {
      free++;
    }
  }
}
