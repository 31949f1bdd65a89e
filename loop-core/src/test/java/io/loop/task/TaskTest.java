package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TaskTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration HOUR = Duration.ofHours(1);
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> log = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();

  TaskTest() {
    loop.setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void createTask_startsInTheNextTick() {
    manual.run(() -> {
      Task<Boolean> task = createTask(() -> log.add("child"));
      log.add("created");
      task.await();
    });

    assertThat(log).containsExactly("created", "child");
  }

  @Test
  void await_task_givesItsResult() {
    manual.run(() -> {
      Task<Integer> task = createTask(() -> 7);

      assertThat(task.await()).isEqualTo(7);
      assertThat(task.isDone()).isTrue();
      assertThat(task.result()).isEqualTo(7);
    });
  }

  @Test
  void await_failedTask_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            throw fault;
          });

      assertThatThrownBy(task::await).isSameAs(fault);
      assertThat(task.exception()).isSameAs(fault);
    });
  }

  @Test
  void await_oneself_isRefused() {
    var self = new AtomicReference<Task<Void>>();

    manual.run(() -> {
      self.set(
          createTask(() -> {
            self.get().await();
          }));

      assertThatThrownBy(self.get()::await)
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Task cannot await on itself");
    });
  }

  @Test
  void setResult_onATask_isRefused() {
    manual.run(() -> {
      Task<Integer> task = createTask(() -> 7);

      assertThatThrownBy(() -> task.setResult(8)).isInstanceOf(IllegalStateException.class);
      assertThatThrownBy(() -> task.setException(new IOException()))
          .isInstanceOf(IllegalStateException.class);
      assertThat(task.await()).isEqualTo(7);
    });
  }

  @Test
  void current_inABody_isItsTask() {
    var seen = new AtomicReference<Task<?>>();

    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            sleep(TICK);
            seen.set(Task.current());
          });
      task.await();

      assertThat(seen.get()).isSameAs(task);
    });
  }

  @Test
  void current_inACallback_isNull() {
    var seen = new AtomicReference<Task<?>>();

    manual.run(() -> {
      seen.set(Task.current());
      loop.callSoon(() -> seen.set(Task.current()));
      sleep(TICK);
      sleep(TICK);
    });

    assertThat(seen.get()).isNull();
  }

  @Test
  void current_outsideALoop_isRefused() {
    assertThatThrownBy(Task::current).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void all_someDone_listsTheOthersInOrder() {
    manual.run(() -> {
      Task<Integer> done = createTask(() -> 1);
      Task<Void> first = createTask(() -> sleep(HOUR));
      Task<Void> second = createTask(() -> sleep(HOUR));
      done.await();

      List<Task<?>> all = Task.all();

      assertThat(all).hasSize(3).endsWith(first, second).doesNotContain(done);
    });
  }

  @Test
  void pendingTask_heldByNobody_isKept() {
    manual.run(() -> {
      createTask(() -> {
        sleep(HOUR);
        log.add("ran");
      });
      sleep(TICK);
      System.gc();
      sleep(HOUR.multipliedBy(2));
    });

    assertThat(log).containsExactly("ran");
  }

  @Test
  void getName_notGiven_isNumbered() {
    manual.run(() -> {
      Task<Void> first = createTask(() -> {});
      Task<Void> second = createTask(() -> {});

      assertThat(first.getName()).matches("Task-\\d+");
      assertThat(second.getName()).isNotEqualTo(first.getName());
    });
  }

  @Test
  void setName_changesIt() {
    manual.run(() -> {
      Task<Void> task = createTask(Coro.of(() -> {}), TaskOptions.named("before"));
      String before = task.getName();

      task.setName("after");

      assertThat(before).isEqualTo("before");
      assertThat(task.getName()).isEqualTo("after");
      assertThat(task).hasToString("<Task pending name='after' coro=<TaskTest lambda>>");
    });
  }

  @Test
  void toString_whileCancelling_saysSo() {
    manual.run(() -> {
      Task<Void> task = createTask(Coro.of(() -> sleep(HOUR)), TaskOptions.named("t"));
      sleep(TICK);
      task.cancel();

      assertThat(task)
          .hasToString(
              "<Task cancelling name='t' coro=<TaskTest lambda> wait_for=<LoopFuture finished>>");
    });
  }

  @Test
  void context_notGiven_isACopyOfTheCreators() {
    manual.run(() -> {
      COLOR.set("red");
      Task<Boolean> task =
          createTask(() -> {
            log.add(COLOR.get());
            COLOR.set("blue");
            sleep(TICK);
            return log.add(COLOR.get());
          });
      COLOR.set("green");
      task.await();
      log.add(COLOR.get());
    });

    assertThat(log).containsExactly("red", "blue", "green");
  }

  @Test
  void context_given_isUsedItself() {
    Context context = Context.copyCurrent();

    manual.run(() -> {
      Task<Void> task =
          createTask(Coro.of(() -> COLOR.set("red")), TaskOptions.DEFAULT.withContext(context));
      assertThat(task.getContext()).isSameAs(context);
      task.await();
    });

    assertThat(context.get(COLOR)).isEqualTo("red");
  }

  @Test
  void getStack_failedTask_isWhereItWasThrown() {
    manual.run(() -> {
      Task<Void> task = createTask(() -> failHere());
      assertThatThrownBy(task::await).isInstanceOf(IllegalArgumentException.class);

      assertThat(task.getStack()[0].getMethodName()).isEqualTo("failHere");
    });
  }

  private static void failHere() {
    throw new IllegalArgumentException("here");
  }

  @Test
  void getStack_notStartedOrDone_isEmpty() {
    manual.run(() -> {
      Task<Integer> task = createTask(() -> 7);
      StackTraceElement[] before = task.getStack();
      task.await();

      assertThat(before).isEmpty();
      assertThat(task.getStack()).isEmpty();
    });
  }

  @Test
  void interruptedException_nobodyCancelled_isAFailure() {
    var fault = new InterruptedException("by hand");

    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            throw fault;
          });

      assertThatThrownBy(task::await).isSameAs(fault);
      assertThat(task.isCancelled()).isFalse();
    });
  }

  @Test
  void create_onAClosedLoop_isRefused() {
    manual.close();

    assertThatThrownBy(() -> Task.create(loop, () -> 7, TaskOptions.DEFAULT))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Event loop is closed");
  }
}
