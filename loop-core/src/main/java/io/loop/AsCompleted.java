package io.loop;

import io.loop.base.Throwing;
import io.loop.event.Loop;
import io.loop.event.OwnCallback;
import io.loop.event.TimerHandle;
import io.loop.task.Awaitable;
import io.loop.task.Coro;
import io.loop.task.DoneCallback;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import io.loop.task.WaiterLine;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.NoSuchElementException;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// An iterable over several awaitables that run concurrently, in the order in which they finish.
///
/// Iterating over it returns the futures themselves, each when it is done; [#results] returns
/// bodies that return the next result. Both consume the same sequence, in which each awaitable
/// occurs once. Loop thread and coroutines of the loop only. A step suspends, and is a cancellation
/// point, if nothing has finished since the previous step. Cancelling a step loses no result.
///
/// After the time limit has expired, a step throws [TimeoutException] if no finished awaitable is
/// left. The steps cannot declare the exception; the method that creates this with a time limit
/// does.
///
/// Source: `asyncio.as_completed`, Python 3.15.1.
///
/// @param <T> the common type of the results
public final class AsCompleted<T extends @Nullable Object> implements Iterable<LoopFuture<T>> {

  /*
   * A future that is done moves from `running` to `ended` one tick later. When the time limit
   * expires, each future that is still running is replaced by the marker `timeUp`.
   *
   * Several steps may wait at the same time. A future that finishes wakes the step that has waited
   * longest. When that step runs, it checks again; if another step was faster, it waits at the end
   * of the line.
   *
   * `left` is the number of steps that have not been handed out.
   */

  private final Loop loop;
  private final Set<LoopFuture<T>> running = new LinkedHashSet<>();
  private final ArrayDeque<LoopFuture<T>> ended = new ArrayDeque<>();
  private final WaiterLine waiters;
  private final DoneCallback<LoopFuture<T>> futureDone = this::futureDone;
  private final LoopFuture<T> timeUp;
  private @Nullable TimerHandle timer;
  private int left;

  AsCompleted(
      Loop loop,
      Collection<? extends Awaitable<? extends T>> awaitables,
      @Nullable Duration timeout) {
    this.loop = loop;
    this.waiters = new WaiterLine(loop);
    this.timeUp = new LoopFuture<>(loop);
    for (Awaitable<? extends T> awaitable : new LinkedHashSet<Awaitable<? extends T>>(awaitables)) {
      running.add(Tasks.ensureFuture(loop, awaitable));
    }
    left = running.size();
    Task<?> waiter = Task.current();
    running.forEach(future -> Tasks.addDoneCallbackFor(future, waiter, futureDone));
    if (left > 0 && timeout != null) {
      timer = loop.callLater(timeout, (OwnCallback) this::timeUp);
    }
  }

  /// {@return the futures, each when it is done: the caller's own futures, and tasks for bodies}
  ///
  /// Its `next` suspends as described for this class.
  ///
  /// Source: `async for` over `as_completed`.
  @Override
  public Iterator<LoopFuture<T>> iterator() {
    return steps(this::next);
  }

  /// {@return bodies, each of which returns or throws the outcome of the next awaitable; each may
  /// be run once}
  ///
  /// The iteration never suspends; running a body suspends as described for this class.
  ///
  /// Source: `for` over `as_completed`.
  public Iterable<Coro<T>> results() {
    return () -> steps(NextResult::new);
  }

  private <S> Iterator<S> steps(Supplier<S> step) {
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        loop.checkTurnToRead();
        return left > 0;
      }

      @Override
      public S next() {
        loop.checkTurn();
        if (left == 0) {
          throw new NoSuchElementException("all steps have been handed out");
        }
        left--;
        return step.get();
      }
    };
  }

  private final class NextResult implements Coro<T> {
    private boolean used;

    @Override
    public T run() {
      loop.checkTurn();
      if (used) {
        throw new IllegalStateException("this step has already been run");
      }
      used = true;
      return AsCompleted.this.next().result();
    }
  }

  /// Waits until a finished future is available.
  private LoopFuture<T> next() {
    try {
      while (ended.isEmpty()) {
        waiters.await(this::passOn);
      }
    } catch (Throwable fault) {
      left++;
      throw fault;
    }
    LoopFuture<T> future = ended.remove();
    if (future == timeUp) {
      throw Throwing.rethrow(new TimeoutException("the time limit expired"));
    }
    return future;
  }

  private void passOn() {
    if (!ended.isEmpty()) {
      waiters.wakeFirst();
    }
  }

  private void add(LoopFuture<T> future) {
    ended.add(future);
    waiters.wakeFirst();
  }

  private void futureDone(LoopFuture<T> future) {
    if (running.remove(future)) {
      add(future);
      if (running.isEmpty() && timer != null) {
        timer.cancel();
      }
    }
  }

  private void timeUp() {
    for (LoopFuture<T> future : running) {
      future.removeDoneCallback(futureDone);
      add(timeUp);
    }
    running.clear();
  }
}
