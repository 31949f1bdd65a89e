package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.ReturnWhen;
import io.loop.WaitResult;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WaitTest {

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  private static Task<Integer> after(int millis) {
    return createTask(() -> sleep(Duration.ofMillis(millis), millis));
  }

  private static Task<Integer> failingAfter(int millis) {
    return createTask(() -> {
      sleep(Duration.ofMillis(millis));
      throw new IOException("gone");
    });
  }

  @Test
  void wait_nothing_isRefused() {
    manual.run(() ->
        assertThatThrownBy(() -> Asyncio.wait(List.of()))
            .isInstanceOf(IllegalArgumentException.class));
  }

  @Test
  void wait_all_givesThemInArgumentOrderWithoutDuplicates() {
    manual.run(() -> {
      Task<Integer> slow = after(5);
      Task<Integer> fast = after(1);

      WaitResult<Task<Integer>> result = Asyncio.wait(List.of(slow, fast, slow));

      assertThat(result.done()).containsExactly(slow, fast);
      assertThat(result.pending()).isEmpty();
    });
  }

  @Test
  void wait_firstCompleted_leavesTheOthersAlone() {
    manual.run(() -> {
      Task<Integer> slow = after(5);
      Task<Integer> fast = after(1);

      var result = Asyncio.wait(List.of(slow, fast), null, ReturnWhen.FIRST_COMPLETED);

      assertThat(result.done()).containsExactly(fast);
      assertThat(result.pending()).containsExactly(slow);
      assertThat(slow.cancelling()).isZero();
    });
  }

  @Test
  void wait_firstException_isNotEndedByACancellation() {
    manual.run(() -> {
      Task<Integer> cancelled = after(9);
      Task<Integer> failing = failingAfter(2);
      Task<Integer> slow = after(5);
      manual.loop().callLater(Duration.ofMillis(1), cancelled::cancel);

      var result =
          Asyncio.wait(List.of(cancelled, failing, slow), null, ReturnWhen.FIRST_EXCEPTION);

      assertThat(result.done()).containsExactly(cancelled, failing);
      assertThat(result.pending()).containsExactly(slow);
    });
  }

  @Test
  void wait_timeIsUp_returnsWithoutCancelling() {
    manual.run(() -> {
      Task<Integer> slow = after(5);

      var result = Asyncio.wait(List.of(slow), Duration.ofMillis(2), ReturnWhen.ALL_COMPLETED);

      assertThat(result.pending()).containsExactly(slow);
      assertThat(manual.loop().time()).isEqualTo(Duration.ofMillis(2));
      assertThat(slow.await()).isEqualTo(5);
    });
  }

  @Test
  void wait_cancelled_cancelsNothingElse() {
    manual.run(() -> {
      Task<Integer> slow = after(5);
      Task<?> waiting = createTask(() -> Asyncio.wait(List.of(slow)));
      sleep(Duration.ZERO);

      waiting.cancel();

      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      assertThat(slow.await()).isEqualTo(5);
    });
  }

  @Test
  void done_ofAResult_isNotModifiable() {
    manual.run(() -> {
      var result = Asyncio.wait(List.of(after(0)));

      assertThatThrownBy(() -> result.done().removeFirst())
          .isInstanceOf(UnsupportedOperationException.class);
    });
  }
}
