package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.scope.CancelScope.shielding;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.scope.TaskGroup;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Shielding with timeouts and groups inside and around it.
final class ShieldingScopesTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void shielding_timeoutInside_endsWhatIsInItAlone() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            shielding(() -> {
              assertThatThrownBy(() -> timeout(SECOND, () -> sleep(HOUR)))
                  .isInstanceOf(TimeoutException.class);
              sleep(SECOND);
              log.add("whole");
            });
            sleep(HOUR);
          });
      sleep(TICK);
      task.cancel(); // a time limit inside must not take this for a reason to go on

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(manual.loop().time()).isEqualTo(SECOND.multipliedBy(2));
    });

    assertThat(log).containsExactly("whole");
  }

  @Test
  void shielding_timeoutOutside_waits() {
    manual.run(() -> {
      assertThatThrownBy(() ->
              timeout(
                  SECOND,
                  () -> {
                    shielding(() -> sleep(MINUTE));
                    log.add("whole");
                    sleep(HOUR);
                  }))
          .isInstanceOf(TimeoutException.class);
      assertThat(Task.current().cancelling()).isZero();
      assertThat(manual.loop().time()).isEqualTo(MINUTE);
      sleep(SECOND);
    });

    assertThat(log).containsExactly("whole");
  }

  @Test
  void shielding_timeoutOutsideAndNoAwaitAfterIt_returnsTheValue() {
    manual.run(() -> {
      String value =
          timeout(
              SECOND,
              () ->
                  shielding(() -> {
                    sleep(MINUTE);
                    return "late";
                  }));
      sleep(SECOND); // the time limit has taken its request back

      assertThat(value).isEqualTo("late");
      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void shielding_timeoutBetweenTwo_reachesTheOuterBodyAlone() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            shielding(() -> {
              assertThatThrownBy(() ->
                      timeout(
                          SECOND,
                          () -> {
                            shielding(() -> sleep(MINUTE));
                            log.add("inner");
                            sleep(HOUR);
                          }))
                  .isInstanceOf(TimeoutException.class);
              sleep(MINUTE);
              log.add("outer");
            });
            sleep(HOUR);
          });
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(manual.loop().time()).isEqualTo(MINUTE.multipliedBy(2));
    });

    assertThat(log).containsExactly("inner", "outer");
  }

  @Test
  void shielding_groupInside_failsAndEndsAsEver() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            try {
              sleep(HOUR);
            } finally {
              shielding(() ->
                  assertThatThrownBy(() ->
                          TaskGroup.run(group -> {
                            group.createTask(() -> {
                              throw new IOException("child");
                            });
                            sleep(HOUR);
                          }))
                      .isInstanceOf(ExceptionGroup.class));
              shielding(() -> {
                TaskGroup.run(group -> {
                  group.createTask(() -> sleep(HOUR));
                  group.cancel();
                  sleep(HOUR);
                });
                log.add("ended");
              });
            }
          });
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("ended");
  }

  @Test
  void shielding_siblingOfTheGroupFails_waitsForTheBody() {
    manual.run(() ->
        assertThatThrownBy(() ->
                TaskGroup.run(group -> {
                  group.createTask(() -> {
                    sleep(SECOND);
                    throw new IOException("child");
                  });
                  shielding(() -> sleep(MINUTE));
                  log.add("whole");
                  sleep(HOUR);
                }))
            .isInstanceOf(ExceptionGroup.class));

    assertThat(log).containsExactly("whole");
    assertThat(manual.loop().time()).isEqualTo(MINUTE);
  }
}
