package io.loop.channel;

import io.loop.sync.LoopBinding;
import io.loop.task.LoopFuture;
import io.loop.task.WaiterLine;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A value whose changes tasks can wait for. Only the latest value counts: a task that was busy
/// while it changed several times sees the last of them.
///
/// Loop thread and coroutines of one loop only, the first on which a task has to wait for it.
///
/// Source: tokio's `watch::channel`; asyncio has nothing like it.
///
/// @param <T> the type of the value
public final class Watched<T extends @Nullable Object> implements AutoCloseable {

  private final LoopBinding binding = new LoopBinding(this);
  private final WaiterLine line = new WaiterLine();
  private T value;
  private long version;
  private boolean closed;

  /// Makes a watched value.
  ///
  /// @param initial its first value
  public Watched(T initial) {
    this.value = initial;
  }

  /// {@return the latest value} Never suspends.
  public T get() {
    checkTurn();
    return value;
  }

  /// Sets the value, and wakes those who wait for a change, even if it is equal to the one before.
  /// Never suspends.
  ///
  /// @param latest the new value
  /// @throws IllegalStateException if this is closed
  public void set(T latest) {
    checkTurn();
    if (closed) {
      throw new IllegalStateException("This watched value is closed.");
    }
    value = latest;
    version++;
    line.wakeAll();
  }

  /// Sets the value to what a function makes of it; as [#set]. Never suspends.
  ///
  /// @param change gets the latest value, returns the new one; must not suspend
  /// @throws IllegalStateException if this is closed
  public void update(UnaryOperator<T> change) {
    set(change.apply(get()));
  }

  /// {@return a new watcher, which has seen the value as it is now} Never suspends.
  public Watcher<T> watch() {
    checkTurn();
    return new Watcher<>(this, version);
  }

  long version() {
    return version;
  }

  /// Suspends until the version is another than the one given.
  ///
  /// @throws EndOfChannelException if this is closed, and the version will stay as it is
  void awaitChange(long seen) {
    checkTurn();
    while (version == seen) {
      if (closed) {
        throw new EndOfChannelException("The value will not change any more: it is closed.");
      }
      LoopFuture<@Nullable Void> waiter = binding.newWaiter();
      line.await(waiter);
    }
  }

  void checkTurn() {
    binding.checkTurn();
  }

  /// Makes the value final; those who have seen it and wait for a change are told. Never suspends;
  /// closing twice does nothing.
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
