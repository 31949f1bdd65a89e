package io.loop.scope;

import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Implements [TaskGroup#map].
///
/// @param <A> the type of the items
/// @param <T> the type of the results
final class GroupMap<A extends @Nullable Object, T extends @Nullable Object> {

  private final Slots room;
  private final TaskGroup.Mapper<? super A, ? extends T> work;
  private final TaskGroup group = new TaskGroup();
  private final List<Task<T>> tasks = new ArrayList<>();
  private @Nullable LoopFuture<T> cancelled; // the first

  GroupMap(int limit, TaskGroup.Mapper<? super A, ? extends T> work) {
    this.room = new Slots(limit);
    this.work = work;
  }

  List<T> run(Iterable<? extends A> items) {
    @Nullable Void _ =
        group.<@Nullable Void>with(_ -> {
          startAll(items.iterator());
          return null;
        });
    if (cancelled != null) {
      T _ = cancelled.result(); // throws the error that its task ended with
    }
    var results = new ArrayList<T>(tasks.size());
    tasks.forEach(task -> results.add(task.result()));
    return results;
  }

  private void startAll(Iterator<? extends A> items) {
    while (items.hasNext()) {
      room.acquire();
      A item = items.next();
      Task<T> task = group.createTask(() -> work.map(item));
      task.addDoneCallback(this::ended); // called even if it was cancelled before it started
      tasks.add(task);
    }
  }

  private void ended(LoopFuture<T> done) {
    room.release();
    if (done.isCancelled()) {
      if (cancelled == null) {
        cancelled = done;
      }
      group.cancel(); // not a failure for the group, but there is no result
    }
  }
}
