package io.loop.sync;

import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Limits the number of concurrent borrowers, and keeps track of them: each borrows a token, and
/// has to return its own.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait. Unlike
/// with a [Semaphore], the total can be changed at any time, and errors are detected: a task that
/// borrows twice would wait for itself.
///
/// Source: `CapacityLimiter` of anyio and trio; no asyncio equivalent.
public final class CapacityLimiter {

  /*
   * `tokens` is negative while more are borrowed than the current total allows.
   *
   *   total == tokens.free() + borrowers + tokens on the way to a task that has not run yet
   *
   * `waiting` contains the borrowers that are in the line, so that none is in it twice.
   */

  /// A snapshot of a limiter's state.
  ///
  /// @param total the total number of tokens
  /// @param available the number of tokens that can be borrowed immediately
  /// @param borrowers the borrowers that have a token, in the order in which they borrowed it
  /// @param waiting the number of tasks that are waiting
  public record Statistics(int total, int available, List<Object> borrowers, int waiting) {

    /// {@return the number of borrowed tokens}
    public int borrowed() {
      return borrowers.size();
    }
  }

  private final LoopBinding binding = new LoopBinding(this);
  private final PermitLine tokens;
  private final Set<Object> borrowers = new LinkedHashSet<>();
  private final Set<Object> waiting = new LinkedHashSet<>();
  private int total;

  /// Creates a limiter.
  ///
  /// @param total the total number of tokens
  /// @throws IllegalArgumentException if `total` is less than 1
  public CapacityLimiter(int total) {
    this.total = requireTotal(total);
    this.tokens = new PermitLine(binding, total);
  }

  private static int requireTotal(int total) {
    if (total < 1) {
      throw new IllegalArgumentException("total must be >= 1, not " + total);
    }
    return total;
  }

  /// Borrows a token for the calling task, waiting for one if necessary. Coroutine only; like
  /// [#acquireFor].
  public void acquire() {
    acquireFor(currentTask());
  }

  /// Borrows a token for a given borrower, waiting for one if necessary. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it has to wait. Waiting tasks are served in
  /// order of arrival.
  ///
  /// Source: `acquire_on_behalf_of`.
  ///
  /// @param borrower the borrower, which has to return the token; compared by `equals`
  /// @throws IllegalStateException if the borrower already has a token or waits for one, or if the
  ///   call has to wait and this limiter belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited; nothing is borrowed
  public void acquireFor(Object borrower) {
    requireNew(borrower);
    if (!tokens.tryTake()) {
      LoopFuture<@Nullable Void> waiter = tokens.newWaiter();
      waiting.add(borrower);
      try {
        boolean _ = tokens.take(waiter); // always true: a waiter is only woken with a token
      } finally {
        waiting.remove(borrower);
      }
    }
    borrowers.add(borrower);
  }

  /// Borrows a token for the calling task if one is available and no task waits. Never suspends.
  ///
  /// @return whether a token was borrowed
  /// @throws IllegalStateException if the task already has a token, or the caller is not in a task
  public boolean tryAcquire() {
    return tryAcquireFor(currentTask());
  }

  /// Borrows a token for a given borrower if one is available and no task waits. Never suspends.
  ///
  /// Source: `acquire_on_behalf_of_nowait`, which raises `WouldBlock` instead of returning false.
  ///
  /// @param borrower the borrower, which has to return the token; compared by `equals`
  /// @return whether a token was borrowed
  /// @throws IllegalStateException if the borrower already has a token or waits for one
  public boolean tryAcquireFor(Object borrower) {
    requireNew(borrower);
    return tokens.tryTake() && borrowers.add(borrower);
  }

  private void requireNew(Object borrower) {
    Objects.requireNonNull(borrower, "borrower");
    binding.checkTurn();
    if (borrowers.contains(borrower)) {
      throw new IllegalStateException(
          "This borrower already has one of this limiter's tokens, and would wait for itself: "
              + borrower);
    }
    if (waiting.contains(borrower)) {
      throw new IllegalStateException(
          "This borrower already waits for one of this limiter's tokens: " + borrower);
    }
  }

  private Task<?> currentTask() {
    binding.checkTurn();
    Task<?> task = Task.current();
    if (task == null) {
      throw new IllegalStateException("not called from a task: pass a borrower");
    }
    return task;
  }

  /// Returns the calling task's token. Never suspends.
  ///
  /// @throws IllegalStateException if the task has no token, or the caller is not in a task
  public void release() {
    releaseFor(currentTask());
  }

  /// Returns a given borrower's token, and hands it to the task that has waited longest. Never
  /// suspends.
  ///
  /// Source: `release_on_behalf_of`.
  ///
  /// @param borrower the borrower
  /// @throws IllegalStateException if the borrower has no token
  public void releaseFor(Object borrower) {
    binding.checkTurn();
    if (!borrowers.remove(borrower)) {
      throw new IllegalStateException(
          "This borrower has none of this limiter's tokens: " + borrower);
    }
    tokens.add(1);
  }

  /// Borrows a token for the calling task, for use in a try-with-resources statement. Coroutine
  /// only; like [#acquire].
  ///
  /// @return an object that returns the same task's token when closed
  public Hold hold() {
    Task<?> task = currentTask();
    acquireFor(task);
    return new Hold(() -> releaseFor(task));
  }

  /// Runs a body while the calling task holds a token. Coroutine only.
  ///
  /// Suspends like [#acquire], and where the body does. Throws whatever the body threw: the same
  /// object, undeclared.
  ///
  /// Source: `async with limiter`.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  public <T extends @Nullable Object> T with(Coro<T> body) {
    try (var _ = hold()) {
      return body.await();
    }
  }

  /// Runs a body without a result while the calling task holds a token. Coroutine only; like
  /// [#with(Coro)].
  ///
  /// @param body what to run
  public void with(Coro.Action body) {
    with(Coro.of(body));
  }

  /// {@return the total number of tokens}
  ///
  /// Source: `total_tokens`.
  public int total() {
    binding.checkTurn();
    return total;
  }

  /// Changes the total number of tokens. Never suspends.
  ///
  /// If the total grows, the tasks that have waited longest get the new tokens. If it shrinks,
  /// borrowers keep their tokens, and other tasks wait until enough tokens have been returned.
  ///
  /// @param newTotal the new total
  /// @throws IllegalArgumentException if `newTotal` is less than 1
  public void setTotal(int newTotal) {
    binding.checkTurn();
    int more = requireTotal(newTotal) - total;
    total = newTotal;
    tokens.add(more);
  }

  /// {@return the number of tokens that can be borrowed immediately}
  ///
  /// Source: `available_tokens`.
  public int available() {
    binding.checkTurn();
    return Math.max(0, tokens.free());
  }

  /// {@return a copy of the borrowers that have a token, in the order in which they borrowed it}
  public Set<Object> borrowers() {
    binding.checkTurn();
    return new LinkedHashSet<>(borrowers);
  }

  /// {@return a snapshot of this limiter's state}
  public Statistics statistics() {
    binding.checkTurn();
    return new Statistics(total, available(), List.copyOf(borrowers), tokens.waiting());
  }

  @Override
  public String toString() {
    return "<CapacityLimiter [borrowed:%d/%d, waiters:%d]>"
        .formatted(borrowers.size(), total, tokens.waiting());
  }
}
