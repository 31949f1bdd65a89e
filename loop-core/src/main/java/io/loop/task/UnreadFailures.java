package io.loop.task;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import java.util.LinkedHashSet;
import java.util.Set;

/// The failures on one loop that nobody has read yet.
final class UnreadFailures {

  /// One unread failure: what would be said about it.
  final class Entry {
    private final ExceptionContext report;
    private volatile boolean read;

    private Entry(ExceptionContext report) {
      this.report = report;
    }

    /// Called by the cleaner: on its own thread, or on the loop's when the failure is read.
    void collected() {
      if (!read && !loop.isClosed()) {
        try {
          loop.callSoonThreadsafe(this::report);
        } catch (IllegalStateException closedMeanwhile) {
          // closing the loop has reported what was left
        }
      }
    }

    private void report() {
      if (entries.remove(this)) {
        loop.callExceptionHandler(report);
      }
    }
  }

  private final Loop loop;
  private final Set<Entry> entries = new LinkedHashSet<>();

  UnreadFailures(Loop loop) {
    this.loop = loop;
  }

  Entry add(ExceptionContext report) {
    var entry = new Entry(report);
    entries.add(entry);
    return entry;
  }

  void remove(Entry entry) {
    entry.read = true;
    entries.remove(entry);
  }

  void reportAll() {
    var left = entries.stream().toList();
    left.forEach(Entry::report);
  }
}
