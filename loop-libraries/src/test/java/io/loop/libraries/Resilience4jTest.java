package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.resilience4j.circuitbreaker.CallNotPermittedException;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/// Resilience4j's circuit breaker and retry.
final class Resilience4jTest extends InCoroutines {

  /// {@return a breaker that lets one call through, to see whether the service is back}
  private static CircuitBreaker halfOpen() {
    var config = CircuitBreakerConfig.custom().permittedNumberOfCallsInHalfOpenState(1).build();
    CircuitBreaker breaker = CircuitBreaker.of("service", config);
    breaker.transitionToOpenState();
    breaker.transitionToHalfOpenState();
    return breaker;
  }

  private static String never() {
    sleep(Duration.ofDays(1));
    return "never";
  }

  private static void cancelled(Coro<String> call) {
    Task<String> doomed = createTask(call);
    turns();
    doomed.cancel();
    assertThatThrownBy(doomed::await).isInstanceOf(CancelledError.class);
  }

  @Test
  void executeCallable_cancelled_losesThePermit() {
    run(() -> {
      CircuitBreaker breaker = halfOpen();
      cancelled(() -> breaker.executeCallable(Resilience4jTest::never));

      assertThatThrownBy(() -> breaker.executeCallable(() -> "a"))
          .isInstanceOf(CallNotPermittedException.class);
      assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.HALF_OPEN); // for good
    });
  }

  @Test
  void recipe_cancelled_givesThePermitBack() {
    run(() -> {
      CircuitBreaker breaker = halfOpen();
      cancelled(() -> guarded(breaker, Resilience4jTest::never));

      assertThat(guarded(breaker, () -> "a")).isEqualTo("a");
      assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.CLOSED);
    });
  }

  @Test
  void recipe_failures_openTheBreaker() {
    run(() -> {
      CircuitBreaker breaker = halfOpen();

      assertThatThrownBy(() ->
              guarded(
                  breaker,
                  () -> {
                    throw new IllegalArgumentException("b");
                  }))
          .hasMessage("b");
      assertThat(breaker.getState()).isEqualTo(CircuitBreaker.State.OPEN);
    });
  }

  // recipe: resilience4j
  static <T> T guarded(CircuitBreaker breaker, Callable<T> call) throws Exception {
    breaker.acquirePermission();
    long start = breaker.getCurrentTimestamp();
    try {
      T result = call.call();
      breaker.onResult(breaker.getCurrentTimestamp() - start, breaker.getTimestampUnit(), result);
      return result;
    } catch (CancelledError cancelled) {
      breaker.releasePermission(); // neither a success nor a failure
      throw cancelled;
    } catch (Throwable fault) {
      breaker.onError(breaker.getCurrentTimestamp() - start, breaker.getTimestampUnit(), fault);
      throw fault;
    }
  }

  // end

  private static RetryConfig.Builder<Object> threeTimes() {
    return RetryConfig.custom().maxAttempts(3).waitDuration(Duration.ofMillis(1));
  }

  @Test
  void retry_aroundABlockingCallThatIsCancelled_callsAgain() {
    run(() -> {
      Retry retry = Retry.of("service", threeTimes().build());
      var queue = new ArrayBlockingQueue<String>(1);
      var calls = new AtomicInteger();
      Task<String> waiting =
          createTask(() ->
              retry.executeCallable(() -> {
                calls.incrementAndGet();
                return queue.take();
              }));
      until(() -> calls.get() == 1);
      turns();

      waiting.cancel();

      until(() -> calls.get() == 2); // the cancellation is lost to a second attempt
      assertThat(waiting.isDone()).isFalse();
      queue.add("a");
      until(waiting::isDone);
    });
  }

  @Test
  void retry_thatIgnoresInterruptions_endsAtTheCancellation() {
    run(() -> {
      Retry retry =
          Retry.of("service", threeTimes().ignoreExceptions(InterruptedException.class).build());
      var queue = new ArrayBlockingQueue<String>(1);
      var calls = new AtomicInteger();

      cancelled(() ->
          retry.executeCallable(() -> {
            calls.incrementAndGet();
            return queue.take();
          }));

      assertThat(calls).hasValue(1);
    });
  }

  @Test
  void retry_aroundAnAwait_endsAtTheCancellation() {
    run(() -> {
      Retry retry = Retry.of("service", threeTimes().build());
      var calls = new AtomicInteger();

      cancelled(() ->
          retry.executeCallable(() -> {
            calls.incrementAndGet();
            return never();
          }));

      assertThat(calls).hasValue(1);
    });
  }
}
