package io.loop.scope;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.task.CancelledError;
import io.loop.task.Coro;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RetryTest {

  private static final Retry FOUR = Retry.DEFAULT.withAttempts(4).withoutJitter();

  private final ManualLoop manual = new ManualLoop();
  private int attempts;

  @AfterEach
  void close() {
    manual.close();
  }

  private <T> Coro<T> failing(Throwable fault) {
    return () -> {
      attempts++;
      if (fault instanceof Error error) {
        throw error;
      }
      throw (Exception) fault;
    };
  }

  @Test
  void call_failsAlways_throwsTheLastAfterGrowingDelays() {
    Retry retry = FOUR.withFirstDelay(Duration.ofSeconds(1)).withFactor(3);
    retry = retry.withMaxDelay(Duration.ofSeconds(5));
    Retry options = retry;

    assertThatThrownBy(() ->
            manual.run(() ->
                options.call(() -> {
                  attempts++;
                  throw new IOException("attempt " + attempts);
                })))
        .isInstanceOf(IOException.class)
        .hasMessage("attempt 4")
        .satisfies(fault ->
            assertThat(fault.getSuppressed()[0])
                .hasMessage("attempt 3")
                .hasSuppressedException(fault.getSuppressed()[0].getSuppressed()[0]));

    assertThat(manual.clock().time()).isEqualTo(Duration.ofSeconds(1 + 3 + 5));
  }

  @Test
  void call_jitter_comesFromTheGivenGenerator() {
    var expected = new Random(7);
    long nanos = 0;
    for (long delay = 100; delay <= 400; delay *= 2) {
      nanos += (long) (delay * 1e6 * expected.nextDouble());
    }

    assertThatThrownBy(() ->
            manual.run(() -> {
              FOUR.withJitter(new Random(7)).call(failing(new IOException()));
            }))
        .isInstanceOf(IOException.class);

    assertThat(manual.clock().time().toNanos()).isBetween(nanos, nanos + 4_000_000);
  }

  @Test
  void delays_growUpToTheLongest_andBeginAgainAfterAReset() {
    var delays =
        FOUR.withAttempts(1)
            .withFirstDelay(Duration.ofSeconds(1))
            .withFactor(3)
            .withMaxDelay(Duration.ofSeconds(5))
            .delays();

    assertThat(Stream.generate(delays::next).limit(5).map(Duration::toSeconds))
        .containsExactly(1L, 3L, 5L, 5L, 5L);
    delays.reset();
    assertThat(delays.next()).isEqualTo(Duration.ofSeconds(1));
    assertThat(delays.next()).isEqualTo(Duration.ofSeconds(3));
  }

  @Test
  void delays_ofTwoCallers_areIndependent() {
    var first = FOUR.delays();
    var second = FOUR.delays();

    Duration longer = first.next().plus(first.next());

    assertThat(longer).isEqualTo(Duration.ofMillis(100 + 200));
    assertThat(second.next()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void delays_withJitter_areParts() {
    var expected = new Random(7);
    var delays = FOUR.withJitter(new Random(7)).delays();

    assertThat(delays.next()).isEqualTo(Duration.ofNanos((long) (1e8 * expected.nextDouble())));
    assertThat(delays.next()).isEqualTo(Duration.ofNanos((long) (2e8 * expected.nextDouble())));
  }

  @Test
  void call_failureNotChosen_isThrownAtOnce() {
    assertThatThrownBy(() ->
            manual.run(() -> {
              FOUR.withRetried(IOException.class).call(failing(new IllegalStateException()));
            }))
        .isInstanceOf(IllegalStateException.class);

    assertThat(attempts).isOne();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void call_cancellationOrEndOfTheProgram_isNeverRetried(int which) {
    Throwable[] faults = {new CancelledError(), new SystemExit(1), new KeyboardInterrupt()};

    assertThatThrownBy(() ->
            manual.run(() -> {
              try {
                FOUR.withRetried(_ -> true).call(failing(faults[which]));
              } catch (Error fault) {
                throw new IOException(fault);
              }
            }))
        .hasCauseInstanceOf(faults[which].getClass());

    assertThat(attempts).isOne();
  }

  @Test
  void cancel_hiddenByTheCleanUp_isNotRetried() {
    manual.run(() -> {
      assertThatThrownBy(() ->
              timeout(
                  Duration.ofSeconds(1),
                  () ->
                      FOUR.call(() -> {
                        attempts++;
                        try {
                          sleep(Duration.ofHours(1));
                        } catch (CancelledError cancelled) {
                          throw new IOException("clean-up failed", cancelled);
                        }
                      })))
          .isInstanceOf(IOException.class);
    });

    assertThat(attempts).isOne();
    assertThat(manual.clock().time()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void timeout_insideTheBody_isRetried() {
    assertThatThrownBy(() ->
            manual.run(() ->
                FOUR.call(() -> {
                  attempts++;
                  timeout(Duration.ofSeconds(1), () -> sleep(Duration.ofHours(1)));
                })))
        .isInstanceOf(TimeoutException.class);

    assertThat(attempts).isEqualTo(4);
  }

  @Test
  void cancel_inABlockingCallThatWraps_isNotRetried() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              FOUR.call(() -> {
                attempts++;
                try {
                  new CountDownLatch(1).await();
                } catch (InterruptedException interrupted) {
                  throw new IOException("wrapped", interrupted);
                }
              }));
      sleep(Duration.ZERO);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(task.isCancelled()).isTrue();
    });
    manual.setPatience(Duration.ZERO);

    assertThat(attempts).isOne();
  }

  @Test
  void cancel_duringTheDelay_endsIt() {
    manual.run(() -> {
      Task<?> task = createTask(() -> FOUR.call(failing(new IOException())));
      sleep(Duration.ofMillis(50));
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(attempts).isOne();
  }

  @Test
  void options_outOfRange_areRefused() {
    assertThatThrownBy(() -> FOUR.withAttempts(0)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> FOUR.withFactor(0.5)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> FOUR.withFactor(Double.NaN))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> FOUR.withFirstDelay(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
