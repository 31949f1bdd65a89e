package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RunCoroutineThreadsafeTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  RunCoroutineThreadsafeTest() {
    manual.setPatience(Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    manual.setPatience(Duration.ZERO);
    manual.close();
  }

  /// Runs an action on another thread while the loop runs.
  private void runBeside(Coro.Action action) {
    var done = new LoopFuture<Void>(manual.loop());
    CompletableFuture<Void> thread =
        start(() -> {
          try {
            action.run();
          } finally {
            manual.loop().callSoonThreadsafe(() -> done.setResult(null));
          }
        });
    Asyncio.runUntilComplete(manual.loop(), done);
    join(thread);
  }

  @Test
  void submit_fromAnotherThread_givesItTheResult() {
    runBeside(() -> {
      CompletableFuture<String> future =
          Asyncio.runCoroutineThreadsafe(() -> sleep(TICK, "x"), manual.loop());

      assertThat(future.get(30, TimeUnit.SECONDS)).isEqualTo("x");
    });
  }

  @Test
  void submit_failingBody_givesTheVeryException() {
    var fault = new IOException("gone");

    runBeside(() -> {
      CompletableFuture<String> future =
          Asyncio.runCoroutineThreadsafe(
              () -> {
                throw fault;
              },
              manual.loop());

      assertThatThrownBy(() -> future.get(30, TimeUnit.SECONDS))
          .isInstanceOf(ExecutionException.class)
          .hasCause(fault);
    });
  }

  @Test
  void submit_cancelledBody_isCancelledThere() {
    runBeside(() -> {
      CompletableFuture<String> future =
          Asyncio.runCoroutineThreadsafe(
              () -> {
                throw new CancelledError("why");
              },
              manual.loop());

      assertThatThrownBy(() -> future.get(30, TimeUnit.SECONDS))
          .isInstanceOf(CancellationException.class);
    });
  }

  @Test
  void cancel_ofTheFuture_cancelsTheTask() {
    var started = new CompletableFuture<Void>();
    var ended = new CompletableFuture<Boolean>();
    var forever = new LoopFuture<String>(manual.loop());

    runBeside(() -> {
      CompletableFuture<String> future =
          Asyncio.runCoroutineThreadsafe(
              () -> {
                started.complete(null);
                try {
                  return forever.await();
                } finally {
                  ended.complete(true);
                }
              },
              manual.loop());
      started.get(30, TimeUnit.SECONDS);

      assertThat(future.cancel(true)).isTrue();
      assertThat(ended.get(30, TimeUnit.SECONDS)).isTrue();
    });

    assertThat(forever.isCancelled()).isTrue();
  }

  @Test
  void get_timedOut_leavesTheTaskRunning() {
    var forever = new LoopFuture<String>(manual.loop());

    runBeside(() -> {
      CompletableFuture<String> future =
          Asyncio.runCoroutineThreadsafe(() -> forever.await(), manual.loop());
      assertThatThrownBy(() -> future.get(1, TimeUnit.MILLISECONDS))
          .isInstanceOf(TimeoutException.class);

      manual.loop().callSoonThreadsafe(() -> forever.setResult("x"));

      assertThat(future.get(30, TimeUnit.SECONDS)).isEqualTo("x");
    });
  }

  @Test
  void submit_bodyThatAwaits_endsWithItsResult() {
    var inside = new LoopFuture<String>(manual.loop());

    runBeside(() -> {
      CompletableFuture<String> outside =
          Asyncio.runCoroutineThreadsafe(() -> inside.await(), manual.loop());
      manual.loop().callSoonThreadsafe(() -> inside.setResult("x"));

      assertThat(outside.get(30, TimeUnit.SECONDS)).isEqualTo("x");
    });
  }

  @Test
  void submit_factoryThatFails_failsAndIsReported() {
    var fault = new IllegalArgumentException("no tasks today");
    var reported = new AtomicReference<Throwable>();
    manual.loop().setExceptionHandler((_, report) -> reported.set(report.exception()));
    Tasks.setTaskFactory(
        manual.loop(),
        new TaskFactory() {
          @Override
          public <T extends @Nullable Object> Task<T> create(
              Loop loop, Coro<T> body, TaskOptions options) {
            throw fault;
          }
        });

    CompletableFuture<String> outside = Asyncio.runCoroutineThreadsafe(() -> "x", manual.loop());
    manual.tick();

    assertThat(outside).isCompletedExceptionally();
    assertThat(reported.get()).isSameAs(fault);
  }

  @Test
  void submit_toAClosedLoop_isRefused() {
    manual.close();

    onThread(() ->
        assertThatThrownBy(() -> Asyncio.runCoroutineThreadsafe(() -> 7, manual.loop()))
            .isInstanceOf(IllegalStateException.class)
            .hasMessage("Event loop is closed"));
  }

  @Test
  void submit_onTheLoopItself_startsInTheNextTickButOne() {
    manual.run(() -> {
      CompletableFuture<Boolean> future =
          Asyncio.runCoroutineThreadsafe(() -> log.add("body"), manual.loop());
      Task<Boolean> task = createTask(() -> log.add("task"));
      task.await();
      sleep(TICK);
      assertThat(future).isCompletedWithValue(true);
    });

    assertThat(log).containsExactly("task", "body");
  }

  @Test
  void body_sleepsAnHour_takesNoTime() {
    manual.setPatience(Duration.ZERO);
    CompletableFuture<String> future =
        Asyncio.runCoroutineThreadsafe(() -> sleep(HOUR, "x"), manual.loop());

    manual.runUntilIdle();

    assertThat(future).isCompletedWithValue("x");
  }
}
