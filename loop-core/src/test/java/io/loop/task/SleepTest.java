package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SleepTest {

  private static final Duration SECOND = Duration.ofSeconds(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void sleep_someTime_takesExactlyThat() {
    manual.run(() -> sleep(SECOND));

    assertThat(manual.loop().time()).isEqualTo(SECOND);
  }

  @Test
  void sleep_withAResult_returnsIt() {
    manual.run(() -> {
      assertThat(sleep(SECOND, "x")).isEqualTo("x");
      assertThat(sleep(Duration.ZERO, "y")).isEqualTo("y");
    });
  }

  @Test
  void sleep_zeroOrLess_givesUpControlForOneTick() {
    manual.run(() -> {
      Task<Boolean> other = createTask(() -> log.add("other"));
      sleep(SECOND.negated());
      log.add("main");
      other.await();
    });

    assertThat(log).containsExactly("other", "main");
    assertThat(manual.loop().time()).isZero();
  }

  @Test
  void sleep_zero_isACancellationPoint() {
    manual.run(() -> {
      Task.current().cancel("why");

      assertThatThrownBy(() -> sleep(Duration.ZERO))
          .isInstanceOf(CancelledError.class)
          .hasMessage("why");
      Task.current().uncancel();
    });
  }

  @Test
  void sleep_cancelled_takesItsTimerDown() {
    manual.run(() -> {
      Task<Void> sleeper = createTask(() -> sleep(SECOND));
      sleep(Duration.ZERO);
      sleeper.cancel();
      assertThatThrownBy(sleeper::await).isInstanceOf(CancelledError.class);
    });

    manual.runUntilIdle();

    assertThat(manual.loop().time()).isZero();
  }

  @Test
  void sleep_outsideACoroutine_isRefused() {
    manual
        .loop()
        .callSoon(() -> {
          try {
            sleep(SECOND);
          } catch (IllegalStateException refused) {
            log.add(refused.getMessage());
          }
        });

    manual.tick();

    assertThat(log).singleElement().asString().contains("await outside a coroutine");
    assertThatThrownBy(() -> sleep(SECOND)).isInstanceOf(IllegalStateException.class);
  }
}
