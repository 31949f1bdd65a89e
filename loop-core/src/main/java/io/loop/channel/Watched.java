package io.loop.channel;

import io.loop.event.Loop;
import io.loop.sync.LoopBinding;
import io.loop.task.WaiterLine;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A value whose changes tasks can wait for. Only the latest value is kept: a task that was busy
/// while the value changed several times sees only the last change.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait.
///
/// Source: tokio's `watch::channel`; no asyncio equivalent.
///
/// @param <T> the type of the value
public final class Watched<T extends @Nullable Object> implements AutoCloseable {

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine line = new WaiterLine();
  private T value;
  private long version;
  private boolean closed;

  /// Creates a watched value.
  ///
  /// @param initial the initial value
  public Watched(T initial) {
    this.value = initial;
  }

  /// {@return the latest value} Never suspends.
  public T get() {
    checkTurn();
    return value;
  }

  /// Sets the value, and wakes the tasks that wait for a change, even if the new value equals the
  /// previous one. Never suspends.
  ///
  /// @param latest the new value
  /// @throws IllegalStateException if this watched value is closed
  public void set(T latest) {
    checkTurn();
    if (closed) {
      throw new IllegalStateException("This watched value is closed.");
    }
    value = latest;
    version++;
    line.wakeAll();
  }

  /// Sets the value to the result of applying a function to it; like [#set]. Never suspends.
  ///
  /// @param change returns the new value for the latest one; must not suspend
  /// @throws IllegalStateException if this watched value is closed
  public void update(UnaryOperator<T> change) {
    set(change.apply(get()));
  }

  /// {@return a new watcher, which has seen the current value} Never suspends.
  public Watcher<T> watch() {
    checkTurn();
    return new Watcher<>(this, version);
  }

  long version() {
    return version;
  }

  /// Suspends until the version differs from the given one.
  ///
  /// @throws EndOfChannelException if this is closed and the version will not change any more
  void awaitChange(long seen) {
    checkTurn();
    while (version == seen) {
      if (closed) {
        throw new EndOfChannelException("The value will not change any more: it is closed.");
      }
      Loop _ = binding.bind();
      line.await();
    }
  }

  void checkTurn() {
    binding.checkTurn();
  }

  /// Makes the current value the last one. Tasks that have seen it and wait for a change receive an
  /// [EndOfChannelException]. Never suspends; closing again has no effect.
  @Override
  public void close() {
    checkTurn();
    closed = true;
    line.wakeAll();
  }

  @Override
  public String toString() {
    return "<Watched [%s] value=%s watching=%d>"
        .formatted(closed ? "closed" : "open", value, line.size());
  }
}
