package io.loop.task;

import io.loop.event.Loop;
import java.lang.ref.Cleaner;
import java.util.LinkedHashSet;
import java.util.Set;

/// The failures on one loop that nobody has read yet.
final class UnreadFailures {

  private static final Cleaner CLEANER = Cleaner.create();

  /// One unread failure: what would be said about it.
  final class Entry {
    private final FailureText text;
    private final Cleaner.Cleanable watch;
    private volatile boolean settled;

    private Entry(LoopFuture<?> future, FailureText text) {
      this.text = text;
      this.watch = CLEANER.register(future, this::collected);
    }

    /// Called by the cleaner: on its own thread, or on the loop's when the watch ends.
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

    /// Lets the cleaner forget this; through the text it would keep the loop for good, if anything
    /// of it leads to the future.
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
