package io.loop.scope;

import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.task.BodySection;
import io.loop.task.CancelledError;
import io.loop.task.DoneCallback;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The state of a group: its tasks, what went wrong, and how its scope ends.
///
/// Loop thread and coroutines of the loop only.
abstract sealed class GroupState extends BodySection permits TaskGroup {

  /*
   *   created --enter--> entered --exit--> exiting --last child ends--> finished
   *
   * `aborting` is set once, by the first failure, by a cancellation of the parent, or by cancel().
   * From then on all children are cancelled, and new ones are rejected.
   *
   * `parentCancelRequested` means that one of the parent's cancellation requests is ours. The exit
   * withdraws exactly that one; the remaining requests belong to others and must take effect.
   *
   * `outside` is the cancellation of the parent that made the group abort. `fatal` is the first
   * error that ends the program; it is thrown as it is, and not in a group of exceptions.
   */

  private final Set<Task<?>> tasks = new LinkedHashSet<>();
  private final List<Throwable> errors = new ArrayList<>();
  private @Nullable Error fatal;
  private @Nullable LoopFuture<@Nullable Void> allEnded;
  private @Nullable CancelledError outside;
  private boolean entered;
  private boolean exiting;
  private boolean aborting;
  private boolean parentCancelRequested;
  private boolean cancelOnEnter;

  final void enter() {
    takeGroupsTurn();
    if (entered) {
      throw new IllegalStateException(this + " has already been entered");
    }
    Task<?> current = Task.current();
    if (current == null) {
      throw new IllegalStateException(this + " cannot determine the parent task");
    }
    begin(current);
    entered = true;
    if (cancelOnEnter) {
      cancelAll();
    }
  }

  /// Before the group is entered, and after it has finished, there is no loop to check.
  private void takeGroupsTurn() {
    takeTurn();
    Task<?> owner = task();
    if (owner != null) {
      owner.getLoop().checkTurn();
    }
  }

  /// {@return the parent}
  ///
  /// @throws IllegalStateException if no task may be added
  final Task<?> requireOpen() {
    takeGroupsTurn();
    if (!entered) {
      throw new IllegalStateException(this + " has not been entered");
    }
    Task<?> parent = task();
    if (parent == null || (exiting && tasks.isEmpty())) {
      throw new IllegalStateException(this + " is finished");
    }
    if (aborting) {
      throw new IllegalStateException(this + " is shutting down");
    }
    return parent;
  }

  /// Takes a new task into the group.
  ///
  /// @param task the task
  /// @param parent the parent
  /// @param whenDone what to call when the task is done; it calls [#taskDone] or [#remove]
  final void adopt(Task<?> task, Task<?> parent, DoneCallback<LoopFuture<?>> whenDone) {
    tasks.add(task);
    Tasks.addDoneCallbackFor(task, parent, whenDone);
    if (aborting && !task.isDone()) {
      task.cancel(); // its eager first step made the group fail
    }
  }

  final void taskDone(LoopFuture<?> done) {
    remove(done);
    Throwable fault = done.isCancelled() ? null : done.exception();
    if (fault != null) {
      failed(done, fault);
    }
  }

  final void remove(LoopFuture<?> done) {
    tasks.remove(done);
    if (tasks.isEmpty() && allEnded != null && !allEnded.isDone()) {
      allEnded.setResult(null);
    }
  }

  final void failed(LoopFuture<?> done, Throwable fault) {
    errors.add(fault);
    rememberFatal(fault);
    Task<?> owner = task();
    if (owner == null || owner.isDone()) {
      reportOrphan(done, fault);
    } else if (!aborting && !parentCancelRequested) {
      abort();
      cancelParent();
    }
  }

  private void rememberFatal(Throwable fault) {
    if (fatal == null && (fault instanceof KeyboardInterrupt || fault instanceof SystemExit)) {
      fatal = (Error) fault;
    }
  }

  private static void reportOrphan(LoopFuture<?> done, Throwable fault) {
    done.getLoop()
        .callExceptionHandler(
            new ExceptionContext(
                done + " has errored out but its parent task is already completed",
                fault,
                Map.of("task", done),
                null));
  }

  /// Implements [TaskGroup#cancel].
  final void cancelAll() {
    takeGroupsTurn();
    if (!entered) {
      cancelOnEnter = true;
      return;
    }
    if (aborting || task() == null || (exiting && tasks.isEmpty())) {
      return;
    }
    abort();
    if (!parentCancelRequested) {
      cancelParent();
    }
  }

  private void abort() {
    aborting = true;
    for (Task<?> task : List.copyOf(tasks)) {
      if (!task.isDone()) {
        task.cancel();
      }
    }
  }

  private void cancelParent() {
    parentCancelRequested = true;
    requestCancel();
  }

  /// Waits for the tasks, and throws what the scope throws.
  ///
  /// @param thrown what the body threw, or null
  final void exit(@Nullable Throwable thrown) {
    Loop loop = sectionLoop();
    exiting = true;
    Throwable fault = thrown == null ? null : translate(thrown);
    if (fault != null) {
      rememberFatal(fault);
      if (!aborting) {
        abort();
      }
    }
    CancelledError pending = awaitTasks(loop);
    if (fatal != null) {
      throw fatal;
    }
    throwOutcome(fault, pending);
  }

  /// Waits until no task is left, even if the parent is cancelled repeatedly meanwhile.
  ///
  /// @return the last cancellation; the first one that arrived before aborting is kept in `outside`
  private @Nullable CancelledError awaitTasks(Loop loop) {
    CancelledError pending = null;
    while (!tasks.isEmpty()) {
      var ended = new LoopFuture<@Nullable Void>(loop);
      allEnded = ended;
      try {
        ended.await();
      } catch (CancelledError cancelled) {
        pending = cancelled;
        if (!aborting) {
          outside = cancelled;
          abort();
        }
      }
      allEnded = null;
    }
    return pending;
  }

  private void throwOutcome(@Nullable Throwable fault, @Nullable CancelledError pending) {
    CancelledError propagate = fault instanceof CancelledError cancelled ? cancelled : null;
    if (outside != null) {
      propagate = outside;
    }
    if (parentCancelRequested) {
      if (withdraw() == 0) {
        propagate = null; // only our own cancellation
      } else if (propagate == null) {
        propagate = pending;
      }
    }
    if (propagate != null && errors.isEmpty()) {
      throw propagate;
    }
    if (fault != null && !(fault instanceof CancelledError)) {
      errors.add(fault);
    }
    if (!errors.isEmpty()) {
      if (requests() > 0) {
        repeatRequest(); // the next await throws it, as the failure hides it here
      }
      throw new ExceptionGroup("unhandled errors in a TaskGroup", errors);
    }
  }

  /// The group has finished: keeping it keeps nothing else.
  final void letGo() {
    end();
    errors.clear();
    fatal = null;
    outside = null;
  }

  @Override
  public String toString() {
    var text = new StringBuilder("<TaskGroup");
    if (!tasks.isEmpty()) {
      text.append(" tasks=").append(tasks.size());
    }
    if (!errors.isEmpty()) {
      text.append(" errors=").append(errors.size());
    }
    if (aborting) {
      text.append(" cancelling");
    } else if (entered) {
      text.append(" entered");
    }
    return text.append('>').toString();
  }
}
