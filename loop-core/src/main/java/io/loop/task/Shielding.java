package io.loop.task;

import org.jspecify.annotations.Nullable;

/// A shielded section of a task's body: cancellation requests from outside are held until it ends.
///
/// Loop thread and coroutines of the loop only.
final class Shielding {

  /*
   * Sections nest. A request has a target: the section in which the scope that sends it was
   * entered, or none for [Task#cancel], which targets the whole body. The request is held by the
   * section directly inside its target, and released when that section ends:
   *
   *   body   [ timeout A   [ shielding 1   [ timeout B   [ shielding 2 ] ] ] ]
   *   A's request and cancel() are held by 1, B's by 2
   *
   * `requests` counts the requests that the body does not see while it is in the section: those
   * that were outstanding at its beginning, and those that arrived since. A scope inside the
   * section does not count them.
   *
   * `pending` is set if one of them has not reached the body yet. When the section ends, it becomes
   * the task's interrupt, so that it interrupts a subsequent blocking call. An exception that
   * leaves the section was not caused by that interrupt.
   */

  private final @Nullable Shielding outer;
  private int requests;
  private @Nullable Interrupt pending;
  private @Nullable String message;
  private boolean mustInterrupt;

  /// @param outer the enclosing section
  /// @param requests the number of outstanding requests
  /// @param pending set if a request has not reached the body
  /// @param message the message of that request
  /// @param mustInterrupt whether that request set the thread's interrupt flag
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

  /// {@return the section that holds requests with a given target: the one directly inside it}
  ///
  /// @param target the section that the requests target; null for the whole body
  Shielding holder(@Nullable Shielding target) {
    Shielding holder = this;
    for (Shielding next; (next = holder.outer) != null && next != target; ) {
      holder = next;
    }
    return holder;
  }

  /// Holds a request until this section ends.
  ///
  /// @param text its message
  void hold(@Nullable String text) {
    requests++;
    message = text;
    mustInterrupt = true;
    Interrupt waiting = pending;
    if (waiting == null) {
      waiting = new Interrupt(true, 0);
      pending = waiting;
    }
    waiting.addRequest();
  }

  /// {@return the number of requests that are held, here and in enclosing sections}
  static int count(@Nullable Shielding innermost) {
    int sum = 0;
    for (Shielding here = innermost; here != null; here = here.outer) {
      sum += here.requests;
    }
    return sum;
  }

  /// Withdraws one request, the one that is held furthest inside.
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

  /// Runs a body as a shielded section of the calling task.
  static <T extends @Nullable Object> T run(Task<?> task, Coro<T> body) {
    task.step().beginShielding();
    T result;
    try {
      result = body.await();
    } catch (Throwable fault) {
      task.step().endShielding(fault);
      throw fault;
    }
    task.step().endShielding(null);
    return result;
  }
}
