package io.loop.scope;

import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.DelegatingBody;
import io.loop.task.WaiterLine;
import org.jspecify.annotations.Nullable;

/// Limits how many bodies run at a time; slots are granted in order of arrival.
///
/// Loop thread and coroutines of the loop only.
final class Slots {

  /*
   * A released slot is handed to the task that has waited longest; if no task waits, it becomes
   * free. A task that is cancelled after it was handed a slot passes it on.
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
    final class Limited implements DelegatingBody<T> {
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
      public Object delegate() {
        return body;
      }

      @Override
      public String toString() {
        return DelegatingBody.nameOf(body);
      }
    }
    return new Limited();
  }

  /// The program's code may have blocked before.
  private static void takeTurn() {
    @Nullable Loop _ = Loop.runningOrNull();
  }

  int free() {
    return free;
  }

  /// Takes a slot; suspends until one is available.
  void acquire() {
    takeTurn();
    if (free > 0) {
      free--;
      return;
    }
    waiting.await(this::release);
  }

  void release() {
    takeTurn();
    if (!waiting.wakeFirst()) {
      free++;
    }
  }
}
