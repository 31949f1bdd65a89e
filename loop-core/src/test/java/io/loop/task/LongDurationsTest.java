package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.ReturnWhen;
import io.loop.event.Loop;
import io.loop.event.TimerHandle;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Time limits that are longer than a clock can tell.
class LongDurationsTest {

  private static final Duration FOR_EVER = ChronoUnit.FOREVER.getDuration();

  private final ManualLoop manual = new ManualLoop();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void limits_withoutEnd_doNotOverflow() {
    manual.run(() -> {
      assertThat(Asyncio.<String>waitFor(() -> "x", FOR_EVER)).isEqualTo("x");
      assertThat(Asyncio.<String>timeout(FOR_EVER, _ -> "x")).isEqualTo("x");
      assertThat(Asyncio.<String>timeoutAt(FOR_EVER, _ -> "x")).isEqualTo("x");
      assertThat(Asyncio.<String>staggeredRace(List.of(() -> "x", () -> "y"), FOR_EVER).value())
          .isEqualTo("x");
      Task<String> done = Asyncio.createTask(() -> "x");
      assertThat(Asyncio.wait(List.of(done), FOR_EVER, ReturnWhen.ALL_COMPLETED).pending())
          .isEmpty();
      for (LoopFuture<String> next : Asyncio.asCompleted(List.of(done), FOR_EVER)) {
        assertThat(next.await()).isEqualTo("x");
      }
    });
  }

  @Test
  void sleepsAndTimers_withoutEnd_canBeCancelled() {
    manual.run(() -> {
      Loop loop = Loop.running();
      TimerHandle later = loop.callLater(FOR_EVER, () -> {});
      TimerHandle at = loop.callAt(FOR_EVER, () -> {});
      Task<?> sleeper = Asyncio.createTask(() -> Asyncio.sleep(FOR_EVER, "x"));
      Asyncio.sleep(Duration.ofDays(1));

      sleeper.cancel();
      later.cancel();
      at.cancel();

      assertThatThrownBy(sleeper::await).isInstanceOf(CancelledError.class);
    });
  }

  @Test
  void patience_withoutEnd_doesNotOverflow() {
    manual.setPatience(FOR_EVER);
    var outside = new CompletableFuture<String>();
    Thread.ofPlatform().daemon().start(() -> outside.complete("x"));

    manual.run(() -> assertThat(Asyncio.wrapFuture(outside).await()).isEqualTo("x"));

    manual.setPatience(Duration.ZERO);
  }
}
