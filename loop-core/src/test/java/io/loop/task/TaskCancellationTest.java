package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Requests to cancel a task: made, delivered, declined, withdrawn.
final class TaskCancellationTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> log = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();

  TaskCancellationTest() {
    loop.setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void cancel_beforeTheFirstStep_runsNothingOfTheBody() {
    manual.run(() -> {
      Task<Boolean> task = createTask(() -> log.add("body"));

      boolean requested = task.cancel("why");

      assertThat(requested).isTrue();
      assertThat(task.isDone()).isFalse();
      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("why");
    });

    assertThat(log).isEmpty();
  }

  @Test
  void cancel_waiting_throwsAtTheAwait() {
    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            try {
              sleep(HOUR);
            } catch (CancelledError cancelled) {
              log.add("caught " + cancelled.getMessage());
              throw cancelled;
            }
          });
      sleep(TICK);

      task.cancel("why");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("why");
      assertThat(task.isCancelled()).isTrue();
      assertThat(task.cancelling()).isEqualTo(1);
    });

    assertThat(log).containsExactly("caught why");
    assertThat(loop.time()).isLessThan(HOUR);
  }

  @Test
  void cancel_notCaughtByCatchException_endsTheTask() {
    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            try {
              sleep(HOUR);
            } catch (Exception e) {
              log.add("swallowed");
            }
          });
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).isEmpty();
  }

  @Test
  void cancel_done_returnsFalseAndCountsNothing() {
    manual.run(() -> {
      Task<Integer> task = createTask(() -> 7);
      task.await();

      assertThat(task.cancel()).isFalse();
      assertThat(task.cancelling()).isZero();
    });
  }

  @Test
  void cancel_declined_givesTheResult() {
    manual.run(() -> {
      Task<String> task =
          createTask(() -> {
            try {
              sleep(HOUR);
            } catch (CancelledError declined) {
              return "declined";
            }
            return "slept";
          });
      sleep(TICK);
      task.cancel();

      assertThat(task.await()).isEqualTo("declined");
      assertThat(task.isCancelled()).isFalse();
    });
  }

  @Test
  void cancel_ofATaskThatAwaitsATask_reachesTheInnermost() {
    manual.run(() -> {
      var innermost = new LoopFuture<Void>();
      Task<Void> inner = createTask(() -> innermost.await());
      Task<Void> outer = createTask(() -> inner.await());
      sleep(TICK);
      sleep(TICK);

      outer.cancel();

      assertThat(innermost.isCancelled()).isTrue();
      assertThat(inner.cancelling()).isEqualTo(1);
      assertThatThrownBy(outer::await).isInstanceOf(CancelledError.class);
      assertThat(inner.isCancelled()).isTrue();
    });
  }

  @Test
  void cancel_byTheBodyItself_isDeliveredAtTheNextSuspension() {
    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            Task.current().cancel();
            log.add("goes on");
            sleep(TICK);
            log.add("not reached");
          });

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("goes on");
  }

  @Test
  void cancel_byTheBodyThatThenFails_losesToTheFailure() {
    var fault = new IOException("gone");

    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            Task.current().cancel();
            throw fault;
          });

      assertThatThrownBy(task::await).isSameAs(fault);
      assertThat(task.isCancelled()).isFalse();
    });
  }

  @Test
  void uncancel_beforeDelivery_withdrawsTheRequest() {
    manual.run(() -> {
      Task<String> task =
          createTask(() -> {
            Task.current().cancel();
            Task.current().uncancel();
            sleep(TICK);
            return "alive";
          });

      assertThat(task.await()).isEqualTo("alive");
    });
  }

  @Test
  void uncancel_withoutRequest_staysAtZero() {
    manual.run(() -> assertThat(Task.current().uncancel()).isZero());
  }

  @Test
  void uncancel_oneOfTwo_leavesTheOther() {
    manual.run(() -> {
      Task<Void> task = createTask(() -> sleep(HOUR));
      sleep(TICK);
      task.cancel();
      task.cancel();

      int left = task.uncancel();

      assertThat(left).isEqualTo(1);
      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void result_ofACancelledTask_givesTheOriginalErrorOnceAndThenNewOnes() {
    manual.run(() -> {
      Task<Void> task = createTask(() -> sleep(HOUR));
      sleep(TICK);
      task.cancel("why");
      sleep(TICK);
      sleep(TICK);

      assertThatThrownBy(task::result).hasMessage("why");
      assertThatThrownBy(task::result).isInstanceOf(CancelledError.class).hasMessage(null);
    });
  }
}
