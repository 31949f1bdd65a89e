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

/// Lets a number of tasks at a time through, and knows which: each borrows a token, and must give
/// back its own.
///
/// Loop thread and coroutines of one loop only, the first on which a task has to wait. Unlike with
/// a [Semaphore], the total can be changed at any time, and mistakes are noticed: a task that
/// borrows twice would wait for itself.
///
/// Source: anyio's and trio's `CapacityLimiter`; asyncio has nothing like it.
public final class CapacityLimiter {

  /*
   * `tokens` is negative while more are borrowed than the total that was set last.
   *
   *   total == tokens.free() + borrowers + tokens on the way to a task that has not run yet
   *
   * `waiting` has the borrowers that are in the line, so that none is in it twice.
   */

  /// What a limiter looks like at one moment.
  ///
  /// @param total how many may borrow at a time
  /// @param available how many could borrow at once
  /// @param borrowers who has borrowed, in the order in which they did
  /// @param waiting how many wait
  public record Statistics(int total, int available, List<Object> borrowers, int waiting) {

    /// {@return how many have borrowed}
    public int borrowed() {
      return borrowers.size();
    }
  }

  private final LoopBinding binding = new LoopBinding(this);
  private final PermitLine tokens;
  private final Set<Object> borrowers = new LinkedHashSet<>();
  private final Set<Object> waiting = new LinkedHashSet<>();
  private int total;

  /// Makes a limiter.
  ///
  /// @param total how many may borrow at a time
  /// @throws IllegalArgumentException if that is less than one
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

  /// Borrows a token for the calling task, waiting for one if need be. Coroutine only; as
  /// [#acquireFor].
  public void acquire() {
    acquireFor(currentTask());
  }

  /// Borrows a token for somebody, waiting for one if need be. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only if it must wait. Those who wait are served in
  /// order of arrival.
  ///
  /// Source: `acquire_on_behalf_of`.
  ///
  /// @param borrower who gives it back; compared by `equals`
  /// @throws IllegalStateException if the borrower has a token or waits for one; or if it must
  ///   wait, and this limiter belongs to another loop
  /// @throws CancelledError if the task was cancelled while it waited; nothing is borrowed
  public void acquireFor(Object borrower) {
    requireNew(borrower);
    if (!tokens.tryTake()) {
      LoopFuture<@Nullable Void> waiter = tokens.newWaiter();
      waiting.add(borrower);
      try {
        boolean _ = tokens.take(waiter); // nobody is woken without one
      } finally {
        waiting.remove(borrower);
      }
    }
    borrowers.add(borrower);
  }

  /// Borrows a token for the calling task, if there is one and no task waits. Never suspends.
  ///
  /// @return whether it did
  /// @throws IllegalStateException if the task has one already, or the caller is no task
  public boolean tryAcquire() {
    return tryAcquireFor(currentTask());
  }

  /// Borrows a token for somebody, if there is one and no task waits. Never suspends.
  ///
  /// Source: `acquire_on_behalf_of_nowait`, which raises `WouldBlock` in place of false.
  ///
  /// @param borrower who gives it back; compared by `equals`
  /// @return whether it did
  /// @throws IllegalStateException if the borrower has one already, or waits for one
  public boolean tryAcquireFor(Object borrower) {
    requireNew(borrower);
    return tokens.tryTake() && borrowers.add(borrower);
  }

  private void requireNew(Object borrower) {
    Objects.requireNonNull(borrower, "borrower");
    binding.checkTurn();
    if (borrowers.contains(borrower)) {
      throw new IllegalStateException(
          "This borrower has one of this limiter's tokens already, and would wait for itself: "
              + borrower);
    }
    if (waiting.contains(borrower)) {
      throw new IllegalStateException(
          "This borrower waits for one of this limiter's tokens already: " + borrower);
    }
  }

  private Task<?> currentTask() {
    binding.checkTurn();
    Task<?> task = Task.current();
    if (task == null) {
      throw new IllegalStateException("no task is running here: name the borrower");
    }
    return task;
  }

  /// Gives back the calling task's token. Never suspends.
  ///
  /// @throws IllegalStateException if the task has none, or the caller is no task
  public void release() {
    releaseFor(currentTask());
  }

  /// Gives back somebody's token, and hands it to the task that waits longest. Never suspends.
  ///
  /// Source: `release_on_behalf_of`.
  ///
  /// @param borrower who has it
  /// @throws IllegalStateException if the borrower has none
  public void releaseFor(Object borrower) {
    binding.checkTurn();
    if (!borrowers.remove(borrower)) {
      throw new IllegalStateException(
          "This borrower has none of this limiter's tokens: " + borrower);
    }
    tokens.add(1);
  }

  /// Borrows a token for the calling task, for a `try` with resources. Coroutine only; as
  /// [#acquire].
  ///
  /// @return what gives it back when closed, for the same task
  public Hold hold() {
    Task<?> task = currentTask();
    acquireFor(task);
    return new Hold(() -> releaseFor(task));
  }

  /// Runs a body that holds the calling task's token. Coroutine only.
  ///
  /// Suspends as [#acquire], and where the body does. Throws what the body threw, the very object,
  /// undeclared.
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

  /// Runs a body without a result that holds the calling task's token. Coroutine only; as
  /// [#with(Coro)].
  ///
  /// @param body what to run
  public void with(Coro.Action body) {
    with(Coro.of(body));
  }

  /// {@return how many may borrow at a time}
  ///
  /// Source: `total_tokens`.
  public int total() {
    binding.checkTurn();
    return total;
  }

  /// Changes how many may borrow at a time. Never suspends.
  ///
  /// If more is allowed, those who wait longest get the new tokens. If less, those who have one
  /// keep it, and the next ones wait until enough are given back.
  ///
  /// @param newTotal how many
  /// @throws IllegalArgumentException if that is less than one
  public void setTotal(int newTotal) {
    binding.checkTurn();
    int more = requireTotal(newTotal) - total;
    total = newTotal;
    tokens.add(more);
  }

  /// {@return how many could borrow at once}
  ///
  /// Source: `available_tokens`.
  public int available() {
    binding.checkTurn();
    return Math.max(0, tokens.free());
  }

  /// {@return who has borrowed, in the order in which they did; a copy}
  public Set<Object> borrowers() {
    binding.checkTurn();
    return new LinkedHashSet<>(borrowers);
  }

  /// {@return what this limiter looks like now}
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
