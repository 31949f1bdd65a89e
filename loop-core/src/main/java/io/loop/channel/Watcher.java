package io.loop.channel;

import io.loop.task.CancelledError;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Waits for changes of a [Watched] value, and remembers which change it has seen. It need not be
/// closed.
///
/// Loop thread and coroutines of the watched value's loop only. A watcher is for one task; give
/// each task its own.
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

  /// {@return the latest value} Marks it as seen. Never suspends.
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

  /// Waits until the value is set, unless it was set since this watcher last saw it. Coroutine
  /// only.
  ///
  /// Suspends, and is a cancellation point, only if it has to wait. The change is marked as seen
  /// only when this returns, so cancelling the wait loses no change.
  ///
  /// @return the latest value
  /// @throws EndOfChannelException if the watched value is closed, possibly while the call waits,
  ///   and this watcher has seen the last change
  /// @throws IllegalStateException if the call has to wait and the watched value belongs to another
  ///   loop
  /// @throws CancelledError if the task was cancelled while it waited
  public T changed() {
    watched.checkTurn();
    watched.awaitChange(seen);
    return get();
  }

  /// Waits until the latest value satisfies a condition. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if the current value does not satisfy it. Values
  /// that are replaced before this task runs are not tested.
  ///
  /// Source: `watch::Receiver::wait_for`.
  ///
  /// @param condition the condition; must not suspend
  /// @return the value that satisfies the condition; it is marked as seen
  /// @throws EndOfChannelException if the watched value is closed, possibly while the call waits,
  ///   and its last value does not satisfy the condition
  /// @throws IllegalStateException if the call has to wait and the watched value belongs to another
  ///   loop
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
