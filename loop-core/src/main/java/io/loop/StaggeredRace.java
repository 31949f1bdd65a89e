package io.loop;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.scope.Timeout;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.ExceptionGroup;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import io.loop.task.Tasks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Starts several bodies one after another until one succeeds.
///
/// @param <T> the type of the result
final class StaggeredRace<T extends @Nullable Object> {

  /*
   * Each runner waits until the previous one has failed or the delay has elapsed, creates the next
   * runner, and only then runs its own body. So there is always one more runner than running
   * bodies; the last runner finds no body left and ends.
   */

  private final Loop loop;
  private final List<? extends Coro<? extends T>> bodies;
  private final @Nullable Duration delay;
  private final Set<Task<?>> runners = new LinkedHashSet<>();
  private final List<@Nullable Throwable> exceptions = new ArrayList<>();
  private final List<Throwable> fatal = new ArrayList<>();
  private @Nullable LoopFuture<@Nullable Void> allEnded;
  private @Nullable T value;
  private int winner = -1;

  StaggeredRace(Loop loop, List<? extends Coro<? extends T>> bodies, @Nullable Duration delay) {
    this.loop = loop;
    this.bodies = List.copyOf(bodies);
    this.delay = delay;
  }

  RaceResult<T> run() {
    Task<?> owner = Task.current();
    if (owner == null) {
      throw new IllegalStateException("staggeredRace awaits: call it in the body of a task");
    }
    start(owner, null);
    CancelledError outside = awaitRunners();
    if (!fatal.isEmpty()) {
      throw new ExceptionGroup("staggered race failed", fatal);
    }
    if (outside != null) {
      throw outside;
    }
    return new RaceResult<>(value, winner, exceptions);
  }

  private void start(Task<?> owner, @Nullable LoopFuture<@Nullable Void> previousFailed) {
    Coro<@Nullable Void> body = Coro.of(() -> runNext(owner, previousFailed));
    Task<@Nullable Void> runner = Task.create(loop, body, TaskOptions.DEFAULT);
    runners.add(runner);
    Tasks.addDoneCallbackFor(runner, owner, this::runnerEnded);
  }

  private void runNext(Task<?> owner, @Nullable LoopFuture<@Nullable Void> previousFailed) {
    if (previousFailed != null) {
      awaitTurn(previousFailed);
    }
    int index = exceptions.size();
    if (index == bodies.size()) {
      return;
    }
    exceptions.add(null);
    var failed = new LoopFuture<@Nullable Void>(loop);
    start(owner, failed);
    try {
      win(index, bodies.get(index).run());
    } catch (KeyboardInterrupt | SystemExit interruption) {
      throw interruption;
    } catch (Throwable thrown) {
      loop.checkTurn();
      exceptions.set(index, Tasks.translate(thrown));
      if (!failed.isDone()) {
        failed.setResult(null);
      }
    }
  }

  private void awaitTurn(LoopFuture<@Nullable Void> previousFailed) {
    try {
      Timeout.within(delay, _ -> previousFailed.await());
    } catch (TimeoutException timeUp) {
      // the delay has elapsed; the previous body continues to run
    }
  }

  /// Cancels the others. A body that was in a blocking call when another one won, and returned
  /// nevertheless, has lost.
  private void win(int index, T result) {
    loop.checkTurn();
    if (winner >= 0) {
      return;
    }
    winner = index;
    value = result;
    Task<?> self = Task.current();
    for (Task<?> runner : List.copyOf(runners)) {
      if (runner != self) {
        runner.cancel();
      }
    }
  }

  private void runnerEnded(LoopFuture<?> runner) {
    runners.remove(runner);
    Throwable fault = runner.isCancelled() ? null : runner.exception();
    if (fault != null) {
      fatal.add(fault);
    }
    if (allEnded != null && !allEnded.isDone() && runners.isEmpty()) {
      allEnded.setResult(null);
    }
  }

  /// Waits until no runner is left, even if the caller is cancelled repeatedly meanwhile.
  private @Nullable CancelledError awaitRunners() {
    CancelledError outside = null;
    while (!runners.isEmpty()) {
      var ended = new LoopFuture<@Nullable Void>(loop);
      allEnded = ended;
      try {
        ended.await();
      } catch (CancelledError cancelled) {
        outside = cancelled;
        List.copyOf(runners).forEach(LoopFuture::cancel);
      }
    }
    return outside;
  }
}
