package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.shield;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// What `docs/seed.md` says of the functions, example by example.
final class SeedTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void await_pendingFuture_letsANewTaskRun() {
    manual.run(() -> {
      var future = new LoopFuture<String>();
      Task<?> waiting = createTask(() -> log.add("first: " + future.await()));
      Task<?> next =
          createTask(() -> {
            log.add("second");
            future.setResult("woken");
          });

      next.await();
      waiting.await();
    });

    assertThat(log).containsExactly("second", "first: woken");
  }

  @Test
  void coroutineFunction_called_runsNothingUntilItIsAwaited() {
    Coro<Boolean> coro = body("ran");

    manual.run(() -> {
      assertThat(log).isEmpty();
      assertThat(coro.await()).isTrue();
    });

    assertThat(log).containsExactly("ran");
  }

  private Coro<Boolean> body(String text) {
    return () -> log.add(text);
  }

  /// The seed's example, on another thread while the loop runs.
  private void submitAndWait(Coro<Integer> coro, long millis) {
    submitAndWait(coro, new CountDownLatch(0), millis);
  }

  /// @param begun the other thread waits for it before it waits for the result
  private void submitAndWait(Coro<Integer> coro, CountDownLatch begun, long millis) {
    manual.setPatience(Duration.ofSeconds(30));
    var ended = new LoopFuture<@Nullable Void>(manual.loop());
    CompletableFuture<Void> thread =
        start(() -> {
          CompletableFuture<Integer> future = Asyncio.runCoroutineThreadsafe(coro, manual.loop());
          begun.await();
          workedExample(future, millis);
          manual.loop().callSoonThreadsafe(() -> ended.setResult(null));
        });
    Asyncio.runUntilComplete(manual.loop(), ended);
    join(thread);
    manual.setPatience(Duration.ZERO);
  }

  private void workedExample(CompletableFuture<Integer> future, long millis)
      throws InterruptedException {
    try {
      int result = future.get(millis, TimeUnit.MILLISECONDS);
      log.add("The coroutine returned: " + result);
    } catch (TimeoutException late) {
      log.add("The coroutine took too long, cancelling the task...");
      future.cancel(true);
    } catch (ExecutionException failed) {
      log.add("The coroutine raised an exception: " + failed.getCause());
    }
  }

  @Test
  void runCoroutineThreadsafe_result_arrivesInTheOtherThread() {
    submitAndWait(() -> sleep(SECOND, 3), 30_000);

    assertThat(log).containsExactly("The coroutine returned: 3");
  }

  @Test
  void runCoroutineThreadsafe_failure_arrivesInTheOtherThread() {
    submitAndWait(
        () -> {
          throw new IOException("gone");
        },
        30_000);

    assertThat(log).containsExactly("The coroutine raised an exception: java.io.IOException: gone");
  }

  @Test
  void runCoroutineThreadsafe_tooLong_isCancelledByTheOtherThread() {
    var never = new LoopFuture<Integer>(manual.loop());

    // one that is cancelled before it begins does not wait for the future
    var begun = new CountDownLatch(1);
    submitAndWait(
        () -> {
          begun.countDown();
          return never.await();
        },
        begun,
        1);
    manual.runUntilIdle();

    assertThat(log).containsExactly("The coroutine took too long, cancelling the task...");
    assertThat(never.isCancelled()).isTrue();
  }

  @Test
  void callSoon_fromAnotherThreadInDebugMode_isRefused() {
    var refusal = new AtomicReference<@Nullable Throwable>();
    Loop loop = manual.loop();
    loop.setDebug(true);

    loop.callSoon(() ->
        onThread(() -> refusal.set(catchThrowable(() -> loop.callSoon(() -> log.add("never"))))));
    manual.tick();
    manual.tick();

    assertThat(refusal.get()).isInstanceOf(IllegalStateException.class);
    assertThat(log).isEmpty();
  }

  @Test
  void sleep_withAResult_takesItsTimeAndReturnsIt() {
    manual.run(() -> assertThat(sleep(SECOND, "x")).isEqualTo("x"));

    assertThat(manual.clock().time()).isEqualTo(SECOND);
  }

  @Test
  void shield_callerCancelled_givesNoResultAndTheWorkGoesOn() {
    manual.run(() -> {
      Task<String> something = createTask(() -> sleep(SECOND, "result"));
      Task<@Nullable String> caller = createTask(() -> resultOrNull(something));
      sleep(TICK);
      sleep(TICK);
      caller.cancel();

      assertThat(caller.await()).isNull();
      assertThat(something.await()).isEqualTo("result");
    });
  }

  /// The seed's `except CancelledError: res = None`.
  private static @Nullable String resultOrNull(Task<String> something) {
    String result;
    try {
      result = Asyncio.<String>shield(something).await();
    } catch (CancelledError cancelled) {
      result = null;
    }
    return result;
  }

  @Test
  void shield_innerCancelled_cancelsTheCallerToo() {
    manual.run(() -> {
      Task<String> something = createTask(() -> sleep(SECOND, "result"));
      LoopFuture<String> shielded = shield(something);
      sleep(TICK);
      something.cancel();

      assertThatThrownBy(shielded::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void timeout_bodyIsFaster_nothingHappens() {
    manual.run(() ->
        timeout(
            Duration.ofMillis(1500),
            () -> {
              sleep(SECOND);
              log.add("inner ended");
            }));

    assertThat(log).containsExactly("inner ended");
  }

  @Test
  void timeout_bodyIsSlower_isCancelledInsideAndATimeoutOutside() {
    manual.run(() -> {
      try {
        timeout(
            Duration.ofMillis(1500),
            () -> {
              try {
                sleep(HOUR);
              } catch (CancelledError cancelled) {
                log.add("inside: " + cancelled.getClass().getSimpleName());
                throw cancelled;
              }
            });
      } catch (TimeoutException late) {
        log.add("outside: " + late.getClass().getSimpleName());
      }
    });

    assertThat(log).containsExactly("inside: CancelledError", "outside: TimeoutException");
    assertThat(manual.clock().time()).isEqualTo(Duration.ofMillis(1500));
  }

  @Test
  void wait_untilTheTimeIsUp_returnsTwoSetsAndCancelsNothing() {
    manual.run(() -> {
      Task<String> fast = createTask(() -> sleep(SECOND, "fast"));
      Task<String> slow = createTask(() -> sleep(HOUR, "slow"));

      WaitResult<Task<String>> sets =
          Asyncio.wait(List.of(fast, slow), SECOND.multipliedBy(2), ReturnWhen.ALL_COMPLETED);

      assertThat(sets.done()).containsExactly(fast);
      assertThat(sets.pending()).containsExactly(slow);
      assertThat(slow.cancelling()).isZero();
    });
  }
}
