package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runInExecutor;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Runner;
import io.loop.context.ContextVar;
import io.loop.testing.CapturedLog;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Work for the default executor, and its shutdown.
final class RunInExecutorTest {

  private static final Duration TICK = Duration.ZERO;
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final ManualLoop manual = new ManualLoop();
  private final Queue<Runnable> held = new ArrayDeque<>();

  RunInExecutorTest() {
    manual.setPatience(Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void runInExecutor_doesNotPassTheContextOn() {
    manual.run(() -> {
      COLOR.set("red");

      assertThat(runInExecutor(COLOR::get).await()).isEqualTo("none");
    });
  }

  @Test
  void runInExecutor_cancelledBeforeItStarts_neverRuns() {
    manual.run(() -> {
      var ran = new AtomicBoolean();
      LoopFuture<@Nullable Void> future =
          runInExecutor(
              held::add,
              () -> {
                ran.set(true);
                return null;
              });

      future.cancel();
      sleep(TICK);
      held.remove().run();

      assertThat(future.isCancelled()).isTrue();
      assertThat(ran).isFalse();
    });
  }

  @Test
  void runInExecutor_cancelledWhileItRuns_goesOnAndItsResultIsDropped() {
    manual.run(() -> {
      var running = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var ended = new CountDownLatch(1);
      LoopFuture<Integer> future =
          runInExecutor(() -> {
            running.countDown();
            go.await();
            ended.countDown();
            return 1;
          });
      running.await();

      future.cancel();
      go.countDown();

      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(future.isCancelled()).isTrue();
    });
  }

  @Test
  void setDefaultExecutor_isWhatRunsTheWork() {
    manual.run(() -> {
      try (ExecutorService mine =
          Executors.newSingleThreadExecutor(Thread.ofPlatform().name("mine").factory())) {
        Tasks.setDefaultExecutor(manual.loop(), mine);

        assertThat(toThread(() -> Thread.currentThread().getName())).isEqualTo("mine");
      }
    });
  }

  @Test
  void shutdown_waitsForTheWork_andRefusesMore() {
    manual.run(() -> {
      var go = new CountDownLatch(1);
      var done = new AtomicInteger();
      LoopFuture<Integer> job =
          runInExecutor(() -> {
            go.await();
            return done.incrementAndGet();
          });
      createTask(go::countDown);

      Tasks.shutdownDefaultExecutor(manual.loop(), null);

      assertThat(done).hasValue(1);
      assertThat(job.await()).isEqualTo(1);
      assertThatThrownBy(() -> runInExecutor(() -> 2))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Executor shutdown has been called");
    });
  }

  @Test
  void shutdown_whoseTimeIsUp_warnsAndLeavesTheWork() {
    var go = new CountDownLatch(1);
    try (var log = new CapturedLog("io.loop")) {
      manual.run(() -> {
        runInExecutor(() -> go.await(30, TimeUnit.SECONDS));

        Tasks.shutdownDefaultExecutor(manual.loop(), Duration.ofMillis(20));

        assertThat(log.messages())
            .singleElement()
            .asString()
            .startsWith("The executor did not finish joining its threads");
      });
    } finally {
      go.countDown();
    }
  }

  @Test
  void shutdown_cancelled_endsByThat() {
    var go = new CountDownLatch(1);
    try {
      manual.run(() -> {
        runInExecutor(() -> go.await(30, TimeUnit.SECONDS));
        Task<Void> closing = createTask(() -> Tasks.shutdownDefaultExecutor(manual.loop(), null));
        sleep(TICK);

        closing.cancel();

        assertThatThrownBy(closing::await).isInstanceOf(CancelledError.class);
      });
    } finally {
      go.countDown();
    }
  }

  @Test
  void run_waitsForTheWorkBeforeItReturns() {
    var done = new AtomicBoolean();
    try (var runner = new Runner()) {
      runner.run(() -> {
        runInExecutor(() -> {
          Thread.sleep(50);
          done.set(true);
          return null;
        });
      });
    }

    assertThat(done).isTrue();
  }

  @Test
  void close_withWorkRunning_doesNotWait() {
    var go = new CountDownLatch(1);
    manual.run(() -> {
      runInExecutor(() -> go.await(30, TimeUnit.SECONDS));
    });

    manual.close();

    assertThat(go.getCount()).isEqualTo(1);
    go.countDown();
  }

  @Test
  void run_withAContext_runsInItself() {
    var context = io.loop.context.Context.copyCurrent();
    try (var runner = new Runner()) {
      runner.run(Coro.of(() -> COLOR.set("green")), context);
    }

    assertThat(context.get(COLOR)).isEqualTo("green");
  }
}
