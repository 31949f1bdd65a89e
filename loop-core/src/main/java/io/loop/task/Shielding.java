package io.loop.task;

import org.jspecify.annotations.Nullable;

/// A stretch of a task's body that requests from outside wait for.
///
/// Loop thread and coroutines of the loop only.
final class Shielding {

  /*
   * Stretches nest. A request has a target: the stretch in which the scope that sends it was entered,
   * or none for [Task#cancel], which is for the whole body. It is held by the stretch directly inside
   * its target, and goes on when that one ends:
   *
   *   body   [ timeout A   [ shielding 1   [ timeout B   [ shielding 2 ] ] ] ]
   *   A's request and cancel() are held by 1, B's by 2
   *
   * `requests` are those that the body does not see while it is in the stretch: all that were
   * outstanding at the beginning, and all that came since. A scope inside counts its own alone.
   *
   * `pending` is there if one of them has not reached the body yet. When the stretch ends it becomes
   * the task's interrupt, so that a blocking call that comes next is not waited for. An exception
   * that leaves the stretch did not come of that interrupt.
   */

  private final @Nullable Shielding outer;
  private int requests;
  private @Nullable Interrupt pending;
  private @Nullable String message;
  private boolean mustInterrupt;

  /// @param outer the stretch around this one
  /// @param requests how many requests are outstanding
  /// @param pending one that has not reached the body
  /// @param message what it says
  /// @param mustInterrupt whether the thread's interrupt flag tells of it
  Shielding(
      @Nullable Shielding outer,
      int requests,
      @Nullable Interrupt pending,
      @Nullable String message,
      boolean mustInterrupt) {
    this.outer = outer;
    this.requests = requests;
    this.pending = pending;
    this.message = message;
    this.mustInterrupt = mustInterrupt;
  }

  @Nullable Shielding outer() {
    return outer;
  }

  int requests() {
    return requests;
  }

  @Nullable Interrupt pending() {
    return pending;
  }

  @Nullable String message() {
    return message;
  }

  boolean mustInterrupt() {
    return mustInterrupt;
  }

  /// Keeps a request until the stretch inside its target ends.
  ///
  /// @param target where the request is for; null for the body
  /// @param text its message
  /// @return what tells it from others
  Interrupt hold(@Nullable Shielding target, @Nullable String text) {
    Shielding holder = this;
    for (Shielding next; (next = holder.outer) != null && next != target; ) {
      holder = next;
    }
    return holder.add(text);
  }

  private Interrupt add(@Nullable String text) {
    requests++;
    message = text;
    mustInterrupt = true;
    Interrupt waiting = pending;
    if (waiting == null) {
      waiting = new Interrupt(true, 0);
      pending = waiting;
    }
    waiting.addRequest();
    return waiting;
  }

  /// {@return how many requests are held, here and further out}
  static int count(@Nullable Shielding innermost) {
    int sum = 0;
    for (Shielding here = innermost; here != null; here = here.outer) {
      sum += here.requests;
    }
    return sum;
  }

  /// Takes one request back, the one that is held furthest inside. With the last one, none is
  /// pending any more.
  static void takeBack(@Nullable Shielding innermost) {
    Shielding here = innermost;
    while (here != null && here.requests == 0) {
      here = here.outer;
    }
    if (here != null) {
      here.requests--;
    }
  }

  static void forget(@Nullable Shielding innermost) {
    for (Shielding here = innermost; here != null; here = here.outer) {
      here.pending = null;
    }
  }

  /// Runs a body that cancellations wait for, in the task that calls this.
  static <T extends @Nullable Object> T run(Task<?> task, Coro<T> body) {
    task.beginShielding();
    T result;
    try {
      result = body.await();
    } catch (Throwable fault) {
      task.endShielding(fault);
      throw fault;
    }
    task.endShielding(null);
    return result;
  }
}
