package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Tasks that take their first step where they are made.
final class EagerTaskTest {

  private static final Duration TICK = Duration.ZERO;
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> log = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();

  EagerTaskTest() {
    loop.setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void eagerStart_thatNeverSuspends_isDoneAtOnce() {
    manual.run(() -> {
      Task<String> task = createTask(() -> "done", TaskOptions.DEFAULT.withEagerStart());

      assertThat(task.isDone()).isTrue();
      assertThat(task.result()).isEqualTo("done");
      assertThat(Task.all()).doesNotContain(task);
    });
  }

  @Test
  void eagerStart_thatSuspends_goesOnLater() {
    manual.run(() -> {
      Task<Void> task =
          createTask(
              Coro.of(() -> {
                log.add("first step of " + Task.current().getName());
                sleep(TICK);
                log.add("second step");
              }),
              new TaskOptions("eager", null, true));
      log.add("created by " + (Task.current() == task ? "itself" : "another"));
      task.await();
    });

    assertThat(log).containsExactly("first step of eager", "created by another", "second step");
  }

  @Test
  void eagerStart_fromACallback_runsTheFirstStepInside() {
    loop.callSoon(() -> {
      Task.create(
          loop,
          Coro.of(() -> {
            log.add("first");
            sleep(TICK);
            log.add("second");
          }),
          TaskOptions.DEFAULT.withEagerStart());
      log.add("callback " + Task.current());
    });

    manual.runUntilIdle();

    assertThat(log).containsExactly("first", "callback null", "second");
  }

  @Test
  void eagerStart_variablesSetInside_areNotSeenOutside() {
    manual.run(() -> {
      createTask(Coro.of(() -> COLOR.set("red")), TaskOptions.DEFAULT.withEagerStart());

      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("none");
  }

  @Test
  void eagerStart_nested_runsEachOnItsOwnStack() {
    manual.run(() -> {
      Task<String> outer =
          createTask(
              () -> {
                Task<String> inner =
                    createTask(
                        () -> {
                          sleep(TICK);
                          return "inner";
                        },
                        TaskOptions.DEFAULT.withEagerStart());
                log.add("inner done " + inner.isDone());
                return inner.await() + " outer";
              },
              TaskOptions.DEFAULT.withEagerStart());
      log.add("outer done " + outer.isDone());
      log.add(outer.await());
    });

    assertThat(log).containsExactly("inner done false", "outer done false", "inner outer");
  }

  @Test
  void eagerStart_whoseContextIsEntered_isRefusedAndTheLoopGoesOn() {
    manual.run(() -> {
      Context mine = Task.current().getContext();

      assertThatThrownBy(
              () -> createTask(() -> "x", TaskOptions.DEFAULT.withEagerStart().withContext(mine)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("already entered");
      assertThat(Task.all()).hasSize(1);
      sleep(TICK);
      log.add("goes on");
    });

    assertThat(log).containsExactly("goes on");
  }

  @Test
  void eagerStart_whenTheLoopIsNotRunning_startsLater() {
    Task<Boolean> task =
        Task.create(loop, () -> log.add("ran"), TaskOptions.DEFAULT.withEagerStart());
    boolean doneAtOnce = task.isDone();

    manual.runUntilIdle();

    assertThat(doneAtOnce).isFalse();
    assertThat(log).containsExactly("ran");
  }

  @Test
  void eagerStart_thatThrowsKeyboardInterrupt_throwsItInTheCreator() {
    var fatal = new KeyboardInterrupt();

    assertThatThrownBy(() ->
            manual.run(() -> {
              createTask(
                  Coro.of(() -> {
                    throw fatal;
                  }),
                  TaskOptions.DEFAULT.withEagerStart());
            }))
        .isSameAs(fatal);
    assertThat(Task.all(loop)).isEmpty();
  }

  @Test
  void eagerStart_thatCancelsItsCreator_reachesItAtTheNextAwait() {
    manual.run(() -> {
      Task<Void> creator =
          createTask(() -> {
            Task<?> me = Task.current();
            createTask(Coro.of(() -> me.cancel()), TaskOptions.DEFAULT.withEagerStart());
            log.add("goes on");
            sleep(TICK);
            log.add("not reached");
          });

      assertThatThrownBy(creator::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("goes on");
  }
}
