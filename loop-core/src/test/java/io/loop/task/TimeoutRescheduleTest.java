package io.loop.task;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.scope.Timeout;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Deadlines that are moved.
final class TimeoutRescheduleTest {

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
  void reschedule_later_movesTheDeadline() {
    manual.run(() -> {
      Asyncio.timeout(
          SECOND,
          timeout -> {
            timeout.reschedule(manual.loop().time().plus(HOUR));
            sleep(SECOND.multipliedBy(2));
            return null;
          });
      log.add("in time");
    });

    assertThat(log).containsExactly("in time");
  }

  @Test
  void reschedule_never_disarms() {
    manual.run(() -> {
      Asyncio.timeout(
          SECOND,
          timeout -> {
            timeout.reschedule(null);
            sleep(HOUR);
            return null;
          });
      log.add("in time");
    });

    assertThat(log).containsExactly("in time");
  }

  @Test
  void reschedule_intoThePast_expiresAtTheNextSuspension() {
    manual.run(() -> {
      sleep(SECOND);
      assertThatThrownBy(() ->
              Asyncio.timeout(
                  HOUR,
                  timeout -> {
                    timeout.reschedule(Duration.ZERO);
                    sleep(TICK);
                    return null;
                  }))
          .isInstanceOf(TimeoutException.class);
    });
  }

  @Test
  void reschedule_beforeEntryOrAfterTheEnd_isRefused() {
    manual.run(() -> {
      Timeout timeout = Timeout.after(SECOND);
      assertThatThrownBy(() -> timeout.reschedule(null)).hasMessage("Timeout has not been entered");
      timeout.with(_ -> null);

      assertThatThrownBy(() -> timeout.reschedule(null))
          .hasMessage("Cannot change state of finished Timeout");
    });
  }

  @Test
  void rescheduleAfter_movedOnInTime_doesNotExpire() {
    manual.run(() ->
        Asyncio.timeout(
            SECOND,
            timeout -> {
              for (int i = 1; i <= 10; i++) {
                sleep(Duration.ofMillis(900));
                timeout.rescheduleAfter(SECOND);
                assertThat(timeout.when()).isEqualTo(Duration.ofMillis(900L * i).plus(SECOND));
              }
              return null;
            }));

    assertThat(manual.loop().time()).isEqualTo(Duration.ofSeconds(9));
  }

  @Test
  void rescheduleAfter_notMovedOnAgain_expiresThen() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND,
                    timeout -> {
                      sleep(Duration.ofMillis(900));
                      timeout.rescheduleAfter(SECOND);
                      sleep(HOUR);
                      return null;
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(manual.loop().time()).isEqualTo(Duration.ofMillis(1_900));
  }

  @Test
  void rescheduleAfter_sooner_expiresSooner() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    HOUR,
                    timeout -> {
                      timeout.rescheduleAfter(Duration.ofHours(2));
                      timeout.rescheduleAfter(SECOND);
                      sleep(HOUR);
                      return null;
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(manual.loop().time()).isEqualTo(SECOND);
  }

  @Test
  void rescheduleAfter_noTimeLeft_expiresAtTheNextAwait() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    HOUR,
                    timeout -> {
                      timeout.rescheduleAfter(TICK);
                      sleep(HOUR);
                      return null;
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(manual.loop().time()).isZero();
  }

  @Test
  void rescheduleAfter_noDeadlineBefore_setsOne() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    null,
                    timeout -> {
                      assertThat(timeout.when()).isNull();
                      timeout.rescheduleAfter(SECOND);
                      sleep(HOUR);
                      return null;
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(manual.loop().time()).isEqualTo(SECOND);
  }

  @Test
  void rescheduleAfter_bodyIsOver_isRefused() {
    manual.run(() -> {
      Timeout over = Asyncio.timeout(SECOND, timeout -> timeout);

      assertThatThrownBy(() -> over.rescheduleAfter(SECOND))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Cannot change state of finished Timeout");
      assertThat(over.when()).isEqualTo(SECOND);
    });
  }

  @Test
  void after_enteredLater_countsFromWhenItWasMade() {
    manual.run(() -> {
      Timeout timeout = Timeout.after(SECOND);
      sleep(Duration.ofMillis(600));

      assertThatThrownBy(() -> timeout.with(_ -> sleep(HOUR, "")))
          .isInstanceOf(TimeoutException.class);
      assertThat(manual.loop().time()).isEqualTo(SECOND);
    });
  }
}
