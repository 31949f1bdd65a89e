package io.loop.race;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.Asyncio.timeoutAt;
import static io.loop.Asyncio.waitFor;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.AsCompleted;
import io.loop.Asyncio;
import io.loop.ReturnWhen;
import io.loop.scope.TaskGroup;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/// Races on what `io.loop.task` awaits.
final class TaskRaces {

  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private TaskRaces() {}

  /// A race that a future's result completes.
  private abstract static class OnFuture implements Race {
    final LoopFuture<Object> future = new LoopFuture<>();
    final Object given = new Object();
    boolean accepted;

    @Override
    public void complete() {
      if (!future.isDone()) {
        accepted = true;
        future.setResult(given);
      }
    }

    @Override
    public void settle(Object value) throws Exception {
      if (value != null) {
        assertThat(value).isSameAs(given);
      }
      assertThat(future.isCancelled()).as("the future, too, has one outcome").isEqualTo(!accepted);
    }
  }

  static Race sleeping(ManualLoop manual, Random random) {
    Duration deadline = manual.loop().time().plus(MILLISECOND);
    return new Race() {
      @Override
      public Object await() {
        return sleep(deadline.minus(manual.loop().time()), "slept");
      }

      @Override
      public void complete() {
        manual.clock().advance(MILLISECOND.multipliedBy(2));
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          assertThat(value).isEqualTo("slept");
        }
      }
    };
  }

  static Race future(ManualLoop manual, Random random) {
    return new OnFuture() {
      @Override
      public Object await() {
        return future.await();
      }
    };
  }

  static Race task(ManualLoop manual, Random random) {
    return new OnFuture() {
      private final Task<Object> inner = createTask(() -> future.await());

      @Override
      public Object await() {
        return inner.await();
      }

      @Override
      public void settle(Object value) throws Exception {
        Trials.awaitEnd(inner, "the inner task");
        super.settle(value);
      }
    };
  }

  static Race gathering(ManualLoop manual, Random random) {
    return new OnFuture() {
      private final Task<Object> one = createTask(() -> future.await());
      private final Task<Object> other = createTask(() -> sleep(Duration.ZERO, "other"));

      @Override
      public Object await() {
        List<Object> both = gather(List.of(one, other)).await();
        assertThat(both.get(1)).isEqualTo("other");
        return both.get(0);
      }

      @Override
      public void settle(Object value) throws Exception {
        Trials.awaitEnd(other, "the other child");
        Trials.awaitEnd(one, "the child");
        super.settle(value);
      }
    };
  }

  static Race waiting(ManualLoop manual, Random random) {
    return new OnFuture() {
      private final LoopFuture<Object> never = new LoopFuture<>();
      private final boolean timed = random.nextBoolean();

      @Override
      public Object await() {
        var when = ReturnWhen.FIRST_COMPLETED;
        var result = Asyncio.wait(List.of(never, future), timed ? HOUR : null, when);
        assertThat(result.done()).containsExactly(future);
        return future.result();
      }

      @Override
      public void settle(Object value) throws Exception {
        assertThat(accepted).as("cancelling a wait cancels nothing").isTrue();
        assertThat(never.isDone()).isFalse();
        super.settle(value);
      }
    };
  }

  static Race waitingFor(ManualLoop manual, Random random) {
    return new OnFuture() {
      @Override
      public Object await() throws TimeoutException {
        return waitFor(future, HOUR);
      }
    };
  }

  static Race shielding(ManualLoop manual, Random random) {
    return new OnFuture() {
      private final Task<Object> inner = createTask(() -> future.await());

      @Override
      public Object await() {
        return shield(inner).await();
      }

      @Override
      public void settle(Object value) throws Exception {
        Trials.awaitEnd(inner, "the shielded task");
        assertThat(inner.result()).as("it is not cancelled").isSameAs(given);
        super.settle(value);
      }
    };
  }

  static Race completing(ManualLoop manual, Random random) {
    return new OnFuture() {
      private final Iterator<Coro<Object>> steps =
          steps(random.nextBoolean() ? HOUR : null).results().iterator();
      private final Coro<Object> step = steps.next();

      private boolean started;

      private AsCompleted<Object> steps(@Nullable Duration timeout) {
        List<LoopFuture<Object>> only = List.of(future);
        try {
          return Asyncio.asCompleted(only, timeout);
        } catch (TimeoutException impossible) { // only its steps throw it
          throw new AssertionError(impossible);
        }
      }

      @Override
      public Object await() throws Exception {
        started = true;
        return step.run();
      }

      @Override
      public void settle(Object value) throws Exception {
        assertThat(accepted).as("cancelling a step cancels nothing").isTrue();
        if (value == null && started) {
          assertThat(steps.next().run()).as("a cancelled step loses nothing").isSameAs(given);
        }
        super.settle(value);
      }
    };
  }

  static Race timeoutOfTheBody(ManualLoop manual, Random random) {
    return new OnFuture() {
      @Override
      public Object await() throws TimeoutException {
        return timeout(HOUR, _ -> future.await());
      }
    };
  }

  static Race timeoutOfTime(ManualLoop manual, Random random) {
    Duration deadline = manual.loop().time().plus(MILLISECOND);
    return new Race() {
      @Override
      public Object await() {
        try {
          return timeoutAt(deadline, _ -> sleep(HOUR, "slept"));
        } catch (TimeoutException late) {
          assertThat(Task.current().cancelling()).as("requests that are left").isZero();
          return "timed out";
        }
      }

      @Override
      public void complete() {
        manual.clock().advance(MILLISECOND.multipliedBy(2));
      }

      @Override
      public void settle(Object value) {
        if (value != null) {
          assertThat(value).isEqualTo("timed out");
        }
      }
    };
  }

  static Race group(ManualLoop manual, Random random) {
    return new OnFuture() {
      private int ended;
      private int started;

      private Object child() {
        started++;
        try {
          return future.await();
        } finally {
          ended++;
        }
      }

      @Override
      public Object await() {
        Task<Object> child = TaskGroup.call(group -> group.createTask(this::child));
        return child.result();
      }

      @Override
      public void settle(Object value) throws Exception {
        assertThat(ended).as("children that ended").isEqualTo(started);
        super.settle(value);
      }
    };
  }
}
