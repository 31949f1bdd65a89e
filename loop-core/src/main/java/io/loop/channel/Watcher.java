package io.loop.channel;

import io.loop.task.CancelledError;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Waits for changes of a [Watched] value, and remembers which it has seen. Nothing needs to be
/// closed.
///
/// Loop thread and coroutines of one loop only, the watched value's. For one task; give each its
/// own.
///
/// Source: tokio's `watch::Receiver`.
///
/// @param <T> the type of the value
public final class Watcher<T extends @Nullable Object> {

  private final Watched<T> watched;
  private long seen;

  Watcher(Watched<T> watched, long seen) {
    this.watched = watched;
    this.seen = seen;
  }

  /// {@return the latest value} Counts as seen. Never suspends.
  ///
  /// Source: `borrow_and_update`.
  public T get() {
    T latest = watched.get();
    seen = watched.version();
    return latest;
  }

  /// {@return whether the value was set since this watcher last saw it} Never suspends.
  public boolean hasChanged() {
    watched.checkTurn();
    return isBehind();
  }

  private boolean isBehind() {
    return seen != watched.version();
  }

  /// Waits until the value is set again, unless it was since this watcher last saw it. Coroutine
  /// only.
  ///
  /// Suspends, and is a cancellation point, only if it must wait. A change counts as seen when this
  /// returns, so none is lost when the wait is cancelled.
  ///
  /// @return the latest value
  /// @throws EndOfChannelException if the watched value is closed, or is closed while it waits, and
  ///   this watcher has seen the last change
  /// @throws IllegalStateException if it must wait, and the watched value belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public T changed() {
    watched.awaitChange(seen);
    return get();
  }

  /// Waits until the latest value satisfies a condition. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it does not at once. Values that are replaced
  /// before this task runs are not asked about.
  ///
  /// Source: `watch::Receiver::wait_for`.
  ///
  /// @param condition the condition; must not suspend
  /// @return the value that satisfies it; counts as seen
  /// @throws EndOfChannelException if the watched value is closed, or is closed while it waits, and
  ///   its last value does not satisfy the condition
  /// @throws IllegalStateException if it must wait, and the watched value belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited
  public T waitFor(Predicate<? super T> condition) {
    T latest = get();
    while (!condition.test(latest)) {
      latest = changed();
    }
    return latest;
  }

  @Override
  public String toString() {
    return "<Watcher [" + (isBehind() ? "changed" : "up to date") + "] of " + watched + ">";
  }
}
