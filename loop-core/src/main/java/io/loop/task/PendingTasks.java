package io.loop.task;

import java.lang.invoke.ConstantBootstraps;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tasks of one loop that are not done, in the order of their creation.
///
/// Loop thread and coroutines of the loop only, except for [#list].
final class PendingTasks {

  /*
   *   newest --> C --older--> B --older--> A --older--> null
   *
   * One writer at a time, any number of readers, no lock. Readers walk from the newest to the
   * oldest. `newest` and `older` are written with release and read by other threads with acquire,
   * so a reader that finds an entry also sees the task in it. `newer` is used only by the writer.
   *
   * Removing B makes C point to A and leaves B's own pointer as it is. The pointer of an entry in
   * the list refers to an entry in the list; the pointer of a removed entry refers to one that was
   * in the list at the time of the removal. So a reader at a removed entry gets back into the list,
   * and cannot miss a task that is pending during its whole walk. It may or may not see tasks that
   * are added or finish meanwhile.
   *
   * The walk goes from new to old so that a removed entry does not keep newer entries reachable.
   */

  /// A task's place in the list.
  static final class Entry {
    private final Task<?> task;
    private @Nullable Entry older;
    private @Nullable Entry newer;

    private Entry(Task<?> task, @Nullable Entry older) {
      this.task = task;
      this.older = older;
    }
  }

  private static final VarHandle NEWEST =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "newest", VarHandle.class, PendingTasks.class, Entry.class);
  private static final VarHandle OLDER =
      ConstantBootstraps.fieldVarHandle(
          MethodHandles.lookup(), "older", VarHandle.class, Entry.class, Entry.class);

  private @Nullable Entry newest;

  /// Appends a task.
  ///
  /// @return its place, to pass to [#remove] once
  Entry add(Task<?> task) {
    Entry before = newest;
    var entry = new Entry(task, before);
    if (before != null) {
      before.newer = entry;
    }
    NEWEST.setRelease(this, entry);
    return entry;
  }

  void remove(Entry entry) {
    Entry after = entry.newer;
    Entry before = entry.older;
    if (before != null) {
      before.newer = after;
    }
    if (after == null) {
      NEWEST.setRelease(this, before);
    } else {
      OLDER.setRelease(after, before);
      entry.newer = null;
    }
  }

  /// {@return the tasks, oldest first} Any thread.
  List<Task<?>> list() {
    List<Task<?>> found = new ArrayList<>();
    var entry = (Entry) NEWEST.getAcquire(this);
    while (entry != null) {
      found.add(entry.task);
      entry = (Entry) OLDER.getAcquire(entry);
    }
    Collections.reverse(found);
    return found;
  }
}
