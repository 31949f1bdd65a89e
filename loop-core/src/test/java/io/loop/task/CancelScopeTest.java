package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.timeout;
import static io.loop.scope.CancelScope.moveOnAfter;
import static io.loop.scope.CancelScope.shielding;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.scope.CancelScope;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class CancelScopeTest {

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
  void moveOnAfter_bodyInTime_hasItsResult() {
    manual.run(() -> {
      assertThat(moveOnAfter(MINUTE, () -> sleep(SECOND, "done"))).contains("done");
      assertThat(moveOnAfter(MINUTE, () -> sleep(SECOND))).isTrue();
      assertThat(moveOnAfter(null, () -> sleep(HOUR))).isTrue();
      sleep(HOUR); // no timer is left
    });
  }

  @Test
  void moveOnAfter_timeIsUp_goesOnQuietly() {
    manual.run(() -> {
      assertThat(moveOnAfter(SECOND, () -> sleep(HOUR, "never"))).isEmpty();
      assertThat(moveOnAfter(SECOND, () -> sleep(HOUR))).isFalse();
      assertThat(moveOnAfter(Duration.ZERO, () -> sleep(HOUR))).isFalse();
      assertThat(Task.current().cancelling()).isZero();
      assertThat(manual.loop().time()).isEqualTo(SECOND.multipliedBy(2));
      sleep(SECOND);
    });
  }

  @Test
  void moveOnAfter_blockingCall_isInterrupted() {
    manual.setPatience(Duration.ofSeconds(30)); // the interrupted thread comes back by itself
    manual.run(() -> {
      assertThat(moveOnAfter(SECOND, () -> Thread.sleep(HOUR))).isFalse();
      assertThat(Thread.currentThread().isInterrupted()).isFalse();
      sleep(SECOND);
    });
  }

  @Test
  void moveOnAfter_bodyThatCleansUpTooLate_failsOrReturnsAsItLikes() {
    manual.run(() -> {
      boolean isWhole =
          moveOnAfter(
              SECOND,
              () -> {
                try {
                  sleep(HOUR);
                } catch (CancelledError declined) {
                  log.add("declined");
                }
              });
      assertThat(isWhole).isTrue();
      assertThatThrownBy(() ->
              moveOnAfter(
                  SECOND,
                  () -> {
                    try {
                      sleep(HOUR);
                    } catch (CancelledError cancelled) {
                      throw new UncheckedIOException(new IOException("bad"));
                    }
                  }))
          .isInstanceOf(UncheckedIOException.class);
      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void moveOnAfter_taskIsCancelled_letsTheCancellationOut() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            boolean _ = moveOnAfter(MINUTE, () -> sleep(HOUR));
            log.add("never");
          });
      sleep(SECOND);
      task.cancel("stop");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("stop");
    });

    assertThat(log).isEmpty();
  }

  @Test
  void moveOnAfter_taskIsCancelledInTheSameTick_isCancelled() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            boolean _ = moveOnAfter(SECOND, () -> sleep(HOUR));
            log.add("never");
          });
      sleep(SECOND); // wakes behind the deadline, before the body goes on
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).isEmpty();
  }

  @Test
  void moveOnAfter_aroundATimeoutAndInOne_endsItselfAlone() {
    manual.run(() -> {
      assertThat(moveOnAfter(SECOND, () -> timeout(HOUR, () -> sleep(HOUR)))).isFalse();
      assertThatThrownBy(() -> timeout(SECOND, () -> moveOnAfter(HOUR, () -> sleep(HOUR))))
          .isInstanceOf(TimeoutException.class);
      assertThat(moveOnAfter(SECOND, () -> moveOnAfter(SECOND, () -> sleep(HOUR)))).isNotNull();
      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void moveOnAfter_shieldedBody_endsLateAndWhole() {
    manual.run(() -> {
      boolean isWhole =
          moveOnAfter(
              SECOND,
              () -> {
                shielding(() -> sleep(MINUTE));
                log.add("whole");
                sleep(HOUR);
              });

      assertThat(isWhole).isFalse();
      assertThat(manual.loop().time()).isEqualTo(MINUTE);
      assertThat(Task.current().cancelling()).isZero();
    });

    assertThat(log).containsExactly("whole");
  }

  @Test
  void moveOnAfter_nullResult_isRefused() {
    manual.run(() ->
        assertThatThrownBy(() -> moveOnAfter(SECOND, () -> sleep(TICK, null)))
            .isInstanceOf(NullPointerException.class));
  }

  @Test
  void cancel_byAnotherTask_endsTheScopeAlone() {
    manual.run(() -> {
      var scope = new CancelScope();
      createTask(() -> {
        sleep(SECOND);
        scope.cancel();
        scope.cancel();
      });

      assertThat(scope.with(() -> sleep(HOUR))).isFalse();
      assertThat(scope.isCancelled()).isTrue();
      assertThat(Task.current().cancelling()).isZero();
      scope.cancel(); // too late: nothing happens
      sleep(SECOND);
    });
  }

  @Test
  void cancel_beforeEntry_endsTheBodyAtItsFirstAwait() {
    manual.run(() -> {
      var scope = new CancelScope();
      scope.cancel();
      boolean isWhole =
          scope.with(() -> {
            log.add("began");
            sleep(TICK);
            log.add("never");
          });

      assertThat(isWhole).isFalse();
    });

    assertThat(log).containsExactly("began");
  }

  @Test
  void cancel_byTheBodyThatThenEnds_leavesNothingBehind() {
    manual.run(() -> {
      var scope = new CancelScope();

      assertThat(scope.with(scope::cancel)).isTrue();
      assertThat(scope.isCancelled()).isTrue();
      sleep(SECOND);
    });
  }

  @Test
  void cancel_outerOfTwoScopes_leavesTheInnerOneToo() {
    manual.run(() -> {
      var outer = new CancelScope();
      var inner = new CancelScope();
      manual.loop().callLater(SECOND, outer::cancel);
      boolean isWhole =
          outer.with(() -> {
            boolean _ = inner.with(() -> sleep(HOUR));
            log.add("never");
          });

      assertThat(isWhole).isFalse();
      assertThat(inner.isCancelled()).isFalse();
    });

    assertThat(log).isEmpty();
  }

  @Test
  void with_twice_isRefused() {
    manual.run(() -> {
      var scope = new CancelScope();
      boolean _ = scope.with(() -> sleep(TICK));

      assertThatThrownBy(() -> scope.with(() -> sleep(TICK)))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("already been entered");
    });
  }

  @Test
  void toString_saysTheState() {
    manual.run(() -> {
      var scope = new CancelScope();
      log.add(scope.toString());
      boolean _ =
          scope.with(() -> {
            log.add(scope.toString());
            scope.cancel();
            log.add(scope.toString());
          });
      log.add(scope.toString());
    });

    assertThat(log)
        .containsExactly(
            "<CancelScope created>",
            "<CancelScope active>",
            "<CancelScope cancelling>",
            "<CancelScope cancelled>");
  }

  /// The scope's request, the task's and the end of a shielded body, in every order of ticks.
  @Test
  void cancel_scopeTaskAndShieldedEndInAnyOrder_isNeitherLostNorLeft() {
    for (int ofScope = 0; ofScope < 6; ofScope++) {
      for (int ofTask = 0; ofTask < 6; ofTask++) {
        assertBothArrive(ofScope, ofTask);
      }
    }
  }

  private void assertBothArrive(int ofScope, int ofTask) {
    String name = "scope " + ofScope + ", task " + ofTask;
    log.clear();
    manual.run(() -> {
      var scope = new CancelScope();
      Task<?> task =
          createTask(() -> {
            boolean _ =
                scope.with(() -> {
                  shielding(() -> ticks(3));
                  log.add("whole");
                  sleep(HOUR);
                });
            log.add("left " + Task.current().cancelling());
            sleep(HOUR);
          });
      sleep(TICK);
      createTask(() -> {
        ticks(ofScope);
        scope.cancel();
      });
      ticks(ofTask);
      task.cancel();

      assertThatThrownBy(task::await).as(name).isInstanceOf(CancelledError.class);
      assertThat(log).as(name).startsWith("whole").doesNotContain("left 1");
    });
  }

  private static void ticks(int count) {
    for (int i = 0; i < count; i++) {
      sleep(TICK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void scopes_cancelledAtEachPoint_letTheCancellationOut(CancelPoints.When when) {
    int points =
        CancelPoints.everywhere(
            when,
            (point, notes) -> {
              boolean isWhole =
                  moveOnAfter(
                      Duration.ofMillis(3),
                      () -> {
                        point.pass();
                        boolean _ = moveOnAfter(HOUR, point::pass);
                        point.pass();
                        point.pass();
                      });
              notes.add(isWhole ? "whole" : "moved on");
              point.pass();
            },
            outcome -> {
              assertThat(outcome.task().isCancelled())
                  .as("at point %s", outcome.point())
                  .isEqualTo(outcome.wasCancelled());
              if (!outcome.wasCancelled()) {
                assertThat(outcome.log()).containsExactly("moved on");
                assertThat(outcome.task().cancelling()).isZero();
              }
            });

    assertThat(points).isGreaterThan(3);
  }
}
