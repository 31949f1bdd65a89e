package io.loop.task;

import io.loop.event.Loop;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A section of a task's body that may cancel what runs in it. A building block for time limits,
/// groups and cancel scopes, which programs use instead.
///
/// Loop thread and coroutines of the loop only. The methods need the turn, and none suspends unless
/// it says so.
public abstract class BodySection {

  /*
   *   outside --begin--> inside --requestCancel--> requested
   *      ^                  |                          |
   *      `-------end--------+------withdraw, end-------'
   *
   * A section withdraws only its own request; those that are left belong to others. `level` is the
   * innermost shielded section around it: a request does not reach a shielded section outside it.
   * `sentAs` identifies its request. The requests are in TaskState.
   *
   * This is the superclass of the scopes and not a part of them, because a timeout should be one
   * object. Ending it releases the task, so that keeping a scope does not keep its task.
   */

  private @Nullable Task<?> task;
  private @Nullable Shielding level;
  private @Nullable Interrupt sentAs;
  private int requestsOnEntry;

  /// Creates a section that has not begun.
  protected BodySection() {}

  /// {@return the task whose body is the caller}
  ///
  /// @param name the name of the section, for the message
  /// @throws IllegalStateException if the caller is not the body of a task
  protected static Task<?> requireBody(String name) {
    Task<?> current = Task.current();
    if (current == null || !current.step().isCurrentThread()) {
      throw new IllegalStateException(name + " should be used inside a task");
    }
    return current;
  }

  /// Waits for the turn of the caller. To be called after the program's code, which may have
  /// blocked.
  protected static void takeTurn() {
    Turns.take();
  }

  /// Begins the section.
  ///
  /// @param entering the task whose body enters it
  protected final void begin(Task<?> entering) {
    TaskStep step = entering.step();
    task = entering;
    level = step.shielding();
    requestsOnEntry = step.requests();
  }

  /// {@return the task whose body is in the section, or null}
  protected final @Nullable Task<?> task() {
    return task;
  }

  /// {@return the loop of the section, which has begun}
  protected final Loop sectionLoop() {
    return Objects.requireNonNull(task).loop;
  }

  /// Requests cancellation of what runs in the section, if it has begun and its task is not done.
  protected final void requestCancel() {
    Task<?> cancelled = task;
    if (cancelled == null) {
      return;
    }
    cancelled.loop.checkTurn();
    if (!cancelled.isSettled()) {
      TaskStep step = cancelled.step();
      step.follow(step.request(level, null));
      sentAs = step.sentAs(level);
    }
  }

  /// Withdraws the request of this section. Body only.
  ///
  /// @return the number of requests left that are not held back
  protected final int withdraw() {
    Task<?> cancelled = task;
    if (cancelled == null) {
      return 0;
    }
    cancelled.loop.checkTurn();
    return cancelled.step().withdrawOf(sentAs);
  }

  /// {@return the number of requests of others that are not held back}
  protected final int requests() {
    return task == null ? 0 : task.step().requests();
  }

  /// {@return whether something else has requested cancellation since the section began}
  ///
  /// @param left the number of requests without that of this section
  protected final boolean isAlsoCancelledByOthers(int left) {
    return left > requestsOnEntry;
  }

  /// Makes the next await of the body throw the cancellation again. Body only.
  protected final void repeatRequest() {
    TaskStep step = Objects.requireNonNull(task).step();
    step.follow(step.repeatRequest());
  }

  /// {@return what an exception that leaves the section means: a [CancelledError] if a blocking
  /// call threw it because the task was cancelled, otherwise the exception itself} Body only.
  ///
  /// @param fault the exception
  protected final Throwable translate(Throwable fault) {
    return task == null ? fault : task.step().translate(fault);
  }

  /// Ends the section.
  protected final void end() {
    task = null;
    level = null;
    sentAs = null;
  }

  /// Runs a body to completion in the calling task, and holds requests from outside back meanwhile.
  /// Suspends where the body does.
  ///
  /// @param body what to run
  /// @param <T> the type of the result
  /// @return what the body returns
  protected static <T extends @Nullable Object> T runShielded(Coro<T> body) {
    return Shielding.run(requireBody("shielding"), body);
  }
}
