package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// Interrupts that the called code swallows, and those of two timeouts around one call.
class SwallowedInterruptionTest extends InterruptionFixture {

  private static final Duration LATER = Duration.ofMillis(50);

  @Test
  void failure_ofItsOwnAfterASwallowedInterruption_staysTheFailure() {
    var fault = new IOException("broken");

    manual.run(() -> {
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  SOON,
                  () -> {
                    swallow();
                    throw fault;
                  }))
          .isSameAs(fault);

      assertNothingIsLeft();
    });
  }

  @Test
  void socketTimeout_afterASwallowedInterruption_staysTheFailure() {
    var fault = new SocketTimeoutException("Read timed out");

    manual.run(() -> {
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  SOON,
                  () -> {
                    swallow();
                    throw fault;
                  }))
          .isSameAs(fault);

      assertNothingIsLeft();
    });
  }

  @Test
  void swallowedInterruption_nextAwaitIsCancelledOnce() {
    manual.run(() -> {
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  SOON,
                  () -> {
                    swallow();
                    sleep(Duration.ofDays(1));
                  }))
          .isInstanceOf(TimeoutException.class);

      assertNothingIsLeft();
    });
  }

  private static void swallow() {
    try {
      Thread.sleep(Duration.ofDays(1));
    } catch (InterruptedException swallowed) {
      // as many libraries do
    }
  }

  /// An uninterruptible call that ends well, and puts the flag back at its end.
  private static void joinWhatIsDoneLater() {
    var later = new CompletableFuture<Void>();
    Task<Void> _ =
        createTask(() -> {
          sleep(LATER);
          later.complete(null);
        });
    later.join();
  }

  @Test
  void twoTimeouts_ofOneCall_areTakenBackOneByOne() {
    manual.run(() -> {
      Asyncio.timeout(
          SOON.multipliedBy(2),
          () -> {
            Asyncio.timeout(SOON, SwallowedInterruptionTest::joinWhatIsDoneLater);
            assertThat(Thread.currentThread().isInterrupted()).isTrue(); // the outer one's
          });

      assertNothingIsLeft();
    });
  }

  @Test
  void twoTimeouts_ofOneCallWhileCleaningUp_areTakenBackOneByOne() {
    manual.run(() -> {
      Task<String> task =
          createTask(() -> {
            try {
              sleep(Duration.ofDays(1));
              return "not cancelled";
            } catch (CancelledError cancelled) {
              Asyncio.timeout(
                  SOON.multipliedBy(2),
                  () -> {
                    Asyncio.timeout(SOON, SwallowedInterruptionTest::joinWhatIsDoneLater);
                    assertThat(Thread.currentThread().isInterrupted()).isTrue();
                  });
              Thread.sleep(1);
              sleep(SOON);
              return "cleaned up";
            }
          });
      sleep(SOON);
      task.cancel();

      assertThat(task.await()).isEqualTo("cleaned up");
    });
  }

  @Test
  void timeout_outerRequestDuringTheCall_staysWithItsInterrupt() {
    manual.run(() -> {
      Task<Void> task =
          createTask(() -> {
            Asyncio.timeout(SOON, SwallowedInterruptionTest::joinWhatIsDoneLater);
            Thread.sleep(Duration.ofDays(1)); // ends at once
          });
      sleep(SOON.plus(SOON));

      task.cancel("mine");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("mine");
    });
  }

  @Test
  void uncancel_bySomebodyElseWhileBlocked_leavesTheFlagUntilTheNextAwait() {
    manual.run(() -> {
      Task<String> task =
          createTask(() -> {
            joinWhatIsDoneLater();
            sleep(Duration.ofMillis(1));
            assertNothingIsLeft();
            return "done";
          });
      sleep(SOON);
      task.cancel();

      assertThat(task.uncancel()).isZero();

      assertThat(task.await()).isEqualTo("done");
    });
  }
}
