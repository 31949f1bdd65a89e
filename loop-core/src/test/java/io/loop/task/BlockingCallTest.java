package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.scope.TaskGroup;
import java.time.Duration;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/// What a cancellation does to a body that sits in a blocking JDK call.
class BlockingCallTest {

  private static final Duration SOON = Duration.ofMillis(20);
  private static final long LONG_MILLIS = 60_000;

  @Test
  void timeout_aroundABlockingCall_isATimeoutAndNothingIsLeftOver() {
    Asyncio.run(() -> {
      assertThatThrownBy(() -> Asyncio.timeout(SOON, () -> Thread.sleep(LONG_MILLIS)))
          .isInstanceOf(TimeoutException.class)
          .hasCauseInstanceOf(CancelledError.class);

      Asyncio.sleep(Duration.ZERO); // a leftover cancellation or interrupt would show here
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
    });
  }

  @Test
  void group_bodyInABlockingCall_endsWhenAChildFails() {
    Asyncio.run(() -> {
      assertThatThrownBy(() ->
              TaskGroup.run(group -> {
                group.createTask(() -> {
                  Asyncio.sleep(SOON);
                  throw new IllegalArgumentException("child");
                });
                Thread.sleep(LONG_MILLIS);
              }))
          .isInstanceOfSatisfying(
              ExceptionGroup.class,
              group ->
                  assertThat(group.exceptions())
                      .singleElement()
                      .isInstanceOf(IllegalArgumentException.class));
      Asyncio.sleep(Duration.ZERO);
    });
  }

  @Test
  void systemExit_fromTheMainBody_isNotReportedAsUnread() {
    var reports = new StringBuilder();

    assertThatThrownBy(() ->
            Asyncio.run(() -> {
              Loop.running().setExceptionHandler((_, report) -> reports.append(report.message()));
              throw new SystemExit(3);
            }))
        .isInstanceOf(SystemExit.class);

    assertThat(reports).isEmpty();
  }
}
