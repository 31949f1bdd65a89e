package io.loop.sync;

import io.loop.task.CancelledError;

/// A reusable barrier: blocks tasks until a given number of them have arrived.
///
/// Loop thread and coroutines of one loop only: the first loop on which a task has to wait.
///
/// Source: `asyncio.Barrier`, Python 3.15. Its `wait`, and its use in `async with`, are [#await()]
/// here; leaving such a block does nothing.
public final class Barrier {

  /*
   *   FILLING ---the last arrives-----> DRAINING ---the last leaves-------> FILLING
   *      |
   *      +--- reset, if a task waits ----> RESETTING ---the last leaves-------> FILLING
   *
   *   any --abort--> BROKEN --reset--> RESETTING, or FILLING if no task waits
   *
   * `count` is the number of tasks inside, from their arrival until they leave in any way. While
   * the barrier drains or resets, newcomers wait outside. All tasks wait on one condition, whose
   * lock every operation takes; therefore even reset and abort may suspend.
   */

  private enum State {
    FILLING("filling"),
    DRAINING("draining"),
    RESETTING("resetting"),
    BROKEN("broken");

    private final String text;

    State(String text) {
      this.text = text;
    }
  }

  private final Condition condition = new Condition();
  private final int parties;
  private State state = State.FILLING;
  private int count;

  /// Creates a barrier.
  ///
  /// @param parties the number of tasks that have to arrive
  /// @throws IllegalArgumentException if `parties` is less than 1
  public Barrier(int parties) {
    if (parties < 1) {
      throw new IllegalArgumentException("parties must be >= 1, not " + parties);
    }
    this.parties = parties;
  }

  /// Waits until enough tasks have arrived. Coroutine only.
  ///
  /// Suspends unless the caller is the last to arrive; a cancellation point if it suspends. A task
  /// that arrives while the others are leaving waits for the next round. A task that is cancelled
  /// no longer counts.
  ///
  /// @return the number of tasks that arrived earlier in this round: a different number for each
  ///   task
  /// @throws BrokenBarrierException if this barrier is broken, or is aborted or reset meanwhile
  /// @throws CancelledError if the task was cancelled while it waited
  public int await() {
    return condition.with(this::arrive);
  }

  private int arrive() {
    condition.waitFor(() -> state != State.DRAINING && state != State.RESETTING);
    if (state == State.BROKEN) {
      throw new BrokenBarrierException("Barrier aborted");
    }
    int index = count;
    count++;
    try {
      if (count == parties) {
        state = State.DRAINING;
        condition.signalAll();
      } else {
        awaitOthers();
      }
      return index;
    } finally {
      leave();
    }
  }

  private void awaitOthers() {
    condition.waitFor(() -> state != State.FILLING);
    if (state == State.BROKEN || state == State.RESETTING) {
      throw new BrokenBarrierException("Abort or reset of barrier");
    }
  }

  private void leave() {
    count--;
    if (count == 0) {
      if (state == State.RESETTING || state == State.DRAINING) {
        state = State.FILLING;
      }
      condition.signalAll();
    }
  }

  /// Resets this barrier to its initial state. Waiting tasks receive a [BrokenBarrierException].
  /// Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only while another operation is in progress.
  public void reset() {
    condition.with(() -> {
      state = count > 0 ? State.RESETTING : State.FILLING;
      condition.signalAll();
    });
  }

  /// Breaks this barrier until it is reset. Tasks that wait or arrive receive a
  /// [BrokenBarrierException]. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only while another operation is in progress.
  public void abort() {
    condition.with(() -> {
      state = State.BROKEN;
      condition.signalAll();
    });
  }

  /// {@return the number of tasks that have to arrive}
  public int parties() {
    return parties;
  }

  /// {@return the number of tasks that are waiting}
  ///
  /// Source: `Barrier.n_waiting`.
  public int waiting() {
    condition.checkTurn();
    return state == State.FILLING ? count : 0;
  }

  /// {@return whether this barrier is broken}
  public boolean isBroken() {
    condition.checkTurn();
    return state == State.BROKEN;
  }

  @Override
  public String toString() {
    State seen = state; // any thread may ask
    int waiting = seen == State.FILLING ? count : 0;
    String waiters = seen == State.BROKEN ? "" : ", waiters:" + waiting + "/" + parties;
    return "<Barrier [" + seen.text + waiters + "]>";
  }
}
