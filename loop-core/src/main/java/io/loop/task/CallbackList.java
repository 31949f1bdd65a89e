package io.loop.task;

import io.loop.event.Handle;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The callbacks of a future that has several, in the order in which they were added.
///
/// Adding takes constant time, and so does removing, in any order. Loop thread only.
final class CallbackList {

  /*
   *   plain --the first removal from a long list--> indexed
   *
   * Most futures have few callbacks, or never remove one; an array is the cheapest representation
   * for those. An indexed list is linked, and maps each key to its entries. A key is the function
   * of a call, the task of a mark, or a task's step itself.
   *
   * A function is found by its hashCode and equals; asyncio compares it with every callback.
   *
   * If there is no memory for an entry, the list is unchanged.
   */

  private static final int FEW = 16;

  /// A callback of an indexed list.
  private static final class Entry {
    private final Handle handle;
    private final @Nullable Entry sameKey;
    private @Nullable Entry before;
    private @Nullable Entry after;

    Entry(Handle handle, @Nullable Entry sameKey) {
      this.handle = handle;
      this.sameKey = sameKey;
    }
  }

  private final List<Handle> plain = new ArrayList<>(4);
  private @Nullable Map<Object, Entry> index;
  private @Nullable Entry first;
  private @Nullable Entry last;
  private int size;

  void add(Handle handle) {
    if (index == null) {
      plain.add(handle);
    } else {
      append(handle, index);
    }
    size++;
  }

  private void append(Handle handle, Map<Object, Entry> entries) {
    Object key = Callbacks.keyOf(handle);
    Entry sameKey = entries.get(key);
    var entry = new Entry(handle, sameKey);
    try {
      entries.put(key, entry);
    } catch (OutOfMemoryError full) { // a map that cannot grow may contain it nonetheless
      entries.remove(key, entry);
      if (sameKey != null) {
        entries.put(key, sameKey);
      }
      throw full;
    }
    Entry before = last;
    entry.before = before;
    if (before == null) {
      first = entry;
    } else {
      before.after = entry;
    }
    last = entry;
  }

  int size() {
    return size;
  }

  /// Removes all callbacks with a given key.
  void remove(Object key) {
    if (index == null && size > FEW) {
      index = buildIndex();
    }
    if (index == null) {
      plain.removeIf(handle -> Callbacks.keyOf(handle).equals(key));
      size = plain.size();
      return;
    }
    for (Entry entry = index.remove(key); entry != null; entry = entry.sameKey) {
      unlink(entry);
      size--;
    }
  }

  private Map<Object, Entry> buildIndex() {
    Map<Object, Entry> entries = new HashMap<>(size * 2);
    try {
      plain.forEach(handle -> append(handle, entries));
    } catch (Throwable fault) {
      first = null;
      last = null;
      throw fault;
    }
    plain.clear();
    return entries;
  }

  private void unlink(Entry entry) {
    Entry before = entry.before;
    Entry after = entry.after;
    if (before == null) {
      first = after;
    } else {
      before.after = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.before = before;
    }
  }

  /// Performs an action for each callback, in order.
  void forEach(Consumer<Handle> action) {
    plain.forEach(action);
    for (Entry entry = first; entry != null; entry = entry.after) {
      action.accept(entry.handle);
    }
  }

  /// Performs an action for each callback with a given key.
  void forEach(Object key, Consumer<Handle> action) {
    if (index == null && size > FEW) {
      index = buildIndex();
    }
    if (index == null) {
      for (Handle handle : plain) {
        if (Callbacks.keyOf(handle).equals(key)) {
          action.accept(handle);
        }
      }
      return;
    }
    for (Entry entry = index.get(key); entry != null; entry = entry.sameKey) {
      action.accept(entry.handle);
    }
  }

  /// {@return the first callback; the list must not be empty}
  Handle first() {
    return first == null ? plain.getFirst() : first.handle;
  }

  /// {@return the last callback; the list must not be empty}
  Handle last() {
    return last == null ? plain.getLast() : last.handle;
  }
}
