package io.loop.channel;

import io.loop.sync.PermitLine;
import io.loop.task.LoopFuture;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// One end of a channel: whether it is open, and the calls that wait on it.
///
/// Loop thread and coroutines of one loop only.
final class End {

  private final String name;
  private final Set<LoopFuture<@Nullable Void>> waiting = new LinkedHashSet<>();
  private boolean closed;

  /// @param name the name used in exception messages
  End(String name) {
    this.name = name;
  }

  boolean isClosed() {
    return closed;
  }

  void requireOpen() {
    if (closed) {
      throw closedError();
    }
  }

  IllegalStateException closedError() {
    return new IllegalStateException("This " + name + " is closed.");
  }

  /// Waits for a permit; suspends.
  ///
  /// @return true if the caller has a permit; false if it was woken without one
  /// @throws IllegalStateException if this end was closed meanwhile; the caller has no permit
  boolean await(PermitLine permits) {
    LoopFuture<@Nullable Void> waiter = permits.newWaiter();
    waiting.add(waiter);
    boolean taken;
    try {
      taken = permits.take(waiter);
    } finally {
      waiting.remove(waiter);
    }
    if (closed) {
      permits.add(taken ? 1 : 0);
      throw closedError();
    }
    return taken;
  }

  /// Closes this end, and wakes the calls that wait on it.
  ///
  /// @return false if this end is already closed
  boolean close() {
    if (closed) {
      return false;
    }
    closed = true;
    for (LoopFuture<@Nullable Void> waiter : waiting) {
      if (!waiter.isDone()) {
        waiter.setResult(null);
      }
    }
    return true;
  }
}
