package io.loop.sync;

import io.loop.task.CancelledError;

/// Holds tasks until a number of them have come together, again and again.
///
/// Loop thread and coroutines of one loop only, the first on which somebody has to wait.
///
/// Source: `asyncio.Barrier`, Python 3.15. Its `wait`, and its use in `async with`, are [#await()]
/// here; leaving such a block does nothing.
public final class Barrier {

  /*
   *   FILLING ---the last one comes---> DRAINING ---the last one leaves---> FILLING
   *      |
   *      +--- reset, if somebody waits --> RESETTING ---the last one leaves---> FILLING
   *
   *   any --abort--> BROKEN --reset--> RESETTING, or FILLING if nobody waits
   *
   * `count` is how many tasks are inside: from their arrival until they leave, in whatever way. While
   * the barrier drains or resets, newcomers wait outside. All waiting is on one condition, whose
   * lock every operation takes; that is why even reset and abort may suspend.
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

  /// Makes a barrier.
  ///
  /// @param parties how many tasks have to come together
  /// @throws IllegalArgumentException if that is less than one
  public Barrier(int parties) {
    if (parties < 1) {
      throw new IllegalArgumentException("parties must be >= 1, not " + parties);
    }
    this.parties = parties;
  }

  /// Waits until enough tasks have come. Coroutine only.
  ///
  /// Suspends unless the caller is the last one to come; a cancellation point if it suspends. A
  /// task that comes while the others are leaving waits for the next round. A task that is
  /// cancelled no longer counts.
  ///
  /// @return how many had come before, in this round: a different number for each task
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

  /// Makes this barrier empty and whole; tasks that wait get a [BrokenBarrierException]. Coroutine
  /// only.
  ///
  /// Suspends, and is a cancellation point, only while another operation is under way.
  public void reset() {
    condition.with(() -> {
      state = count > 0 ? State.RESETTING : State.FILLING;
      condition.signalAll();
    });
  }

  /// Breaks this barrier until it is reset; tasks that wait, and all that come, get a
  /// [BrokenBarrierException]. Coroutine only.
  ///
  /// Suspends, and is a cancellation point, only while another operation is under way.
  public void abort() {
    condition.with(() -> {
      state = State.BROKEN;
      condition.signalAll();
    });
  }

  /// {@return how many tasks have to come together}
  public int parties() {
    return parties;
  }

  /// {@return how many tasks wait for the others}
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
    int waiting = state == State.FILLING ? count : 0;
    String waiters = state == State.BROKEN ? "" : ", waiters:" + waiting + "/" + parties;
    return "<Barrier [" + state.text + waiters + "]>";
  }
}
