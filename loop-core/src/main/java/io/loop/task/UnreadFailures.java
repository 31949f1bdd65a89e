package io.loop.task;

import io.loop.event.Loop;
import java.lang.ref.Cleaner;
import java.util.LinkedHashSet;
import java.util.Set;

/// The failures on one loop that have not been read yet.
final class UnreadFailures {

  private static final Cleaner CLEANER = Cleaner.create();

  /// An unread failure, and the text that would be reported.
  final class Entry {
    private final FailureText text;
    private final Cleaner.Cleanable watch;
    private volatile boolean settled;

    private Entry(LoopFuture<?> future, FailureText text) {
      this.text = text;
      this.watch = CLEANER.register(future, this::collected);
    }

    /// Called by the cleaner on its own thread, or on the loop's thread when the watch ends.
    private void collected() {
      if (!settled && !loop.isClosed()) {
        try {
          loop.callSoonThreadsafe(this::report);
        } catch (IllegalStateException closedMeanwhile) {
          // closing the loop has reported what was left
        }
      }
    }

    private void report() {
      if (entries.remove(this)) {
        loop.callExceptionHandler(text.report());
      }
    }

    /// Makes the cleaner release this. Otherwise it could keep the future and the loop reachable
    /// forever through the text.
    private void endWatch() {
      settled = true;
      watch.clean();
    }
  }

  private final Loop loop;
  private final Set<Entry> entries = new LinkedHashSet<>();

  UnreadFailures(Loop loop) {
    this.loop = loop;
  }

  Entry add(LoopFuture<?> future, FailureText text) {
    var entry = new Entry(future, text);
    entries.add(entry);
    return entry;
  }

  void remove(Entry entry) {
    entries.remove(entry);
    entry.endWatch();
  }

  void reportAll() {
    var left = entries.stream().toList();
    left.forEach(Entry::endWatch);
    left.forEach(Entry::report);
  }
}
