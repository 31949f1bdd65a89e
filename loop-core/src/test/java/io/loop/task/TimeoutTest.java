package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.scope.TaskGroup;
import io.loop.scope.Timeout;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TimeoutTest {

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
  void with_bodyInTime_returnsItsResult() {
    int result =
        manual.run(() ->
            Asyncio.timeout(
                SECOND,
                timeout -> {
                  sleep(Duration.ofMillis(1));
                  return timeout.isExpired() ? 0 : 7;
                }));

    assertThat(result).isEqualTo(7);
    assertThat(manual.loop().time()).isLessThan(SECOND);
  }

  @Test
  void with_deadlinePasses_throwsTimeoutCausedByTheCancellation() {
    manual.run(() -> {
      assertThatThrownBy(() -> Asyncio.timeout(SECOND, () -> sleep(HOUR)))
          .isInstanceOf(TimeoutException.class)
          .hasCauseInstanceOf(CancelledError.class);
      assertThat(manual.loop().time()).isEqualTo(SECOND);
      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void with_noDelay_neverExpires() {
    manual.run(() -> {
      Asyncio.timeout(null, () -> sleep(HOUR));
      log.add("slept");
    });

    assertThat(log).containsExactly("slept");
  }

  @Test
  void with_delayBeyondTheClock_neverExpires() {
    manual.run(() -> {
      sleep(SECOND);
      Asyncio.timeout(Duration.ofSeconds(Long.MAX_VALUE), () -> sleep(HOUR));
      log.add("slept");
    });

    assertThat(log).containsExactly("slept");
  }

  @Test
  void with_zeroDelay_hitsTheFirstSuspension() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    Duration.ZERO,
                    () -> {
                      log.add("body");
                      sleep(TICK);
                      log.add("not reached");
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(log).containsExactly("body");
  }

  @Test
  void with_zeroDelayAndNoSuspension_completes() {
    manual.run(() -> {
      log.add("" + Asyncio.timeout(Duration.ZERO, Timeout::isExpired));
      sleep(TICK);
      log.add("fine");
    });

    assertThat(log).containsExactly("false", "fine");
  }

  @Test
  void with_failingBody_throwsTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND,
                    () -> {
                      throw fault;
                    }))
            .isSameAs(fault)
            .hasNoSuppressedExceptions());
  }

  @Test
  void with_bodyFailsBecauseOfTheTimeout_tellsOfItToo() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND,
                    () -> {
                      try {
                        sleep(HOUR);
                      } catch (CancelledError cancelled) {
                        throw new IOException("gone", cancelled);
                      }
                    }))
            .isInstanceOf(IOException.class)
            .satisfies(fault ->
                assertThat(fault.getSuppressed())
                    .singleElement()
                    .isInstanceOf(TimeoutException.class)));
  }

  @Test
  void with_bodyFailsWithARingOfCauses_throwsIt() {
    var one = new IOException("one");
    var other = new IOException("other", one);
    one.initCause(other);

    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND,
                    () -> {
                      try {
                        sleep(HOUR);
                      } catch (CancelledError cancelled) {
                        throw one;
                      }
                    }))
            .isSameAs(one)
            .hasNoSuppressedExceptions());
  }

  @Test
  void with_groupInsideFailsBecauseOfTheTimeout_tellsOfItInItsMembers() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND,
                    () ->
                        TaskGroup.run(group ->
                            group.createTask(() -> {
                              try {
                                sleep(HOUR);
                              } catch (CancelledError cancelled) {
                                throw new IOException("gone", cancelled);
                              }
                            }))))
            .isInstanceOfSatisfying(
                ExceptionGroup.class,
                group ->
                    assertThat(group.exceptions().getFirst().getSuppressed())
                        .singleElement()
                        .isInstanceOf(TimeoutException.class)));
  }

  @Test
  void with_bodySwallowsTheCancellation_returnsAndIsExpired() {
    manual.run(() -> {
      boolean expired =
          Asyncio.timeout(
              SECOND,
              timeout -> {
                try {
                  sleep(HOUR);
                } catch (CancelledError swallowed) {
                  log.add("swallowed");
                }
                return timeout.isExpired();
              });

      assertThat(expired).isTrue();
      assertThat(Task.current().cancelling()).isZero();
      sleep(TICK);
      log.add("goes on");
    });

    assertThat(log).containsExactly("swallowed", "goes on");
  }

  @Test
  void with_alsoCancelledFromOutside_staysACancellation() {
    manual.run(() -> {
      Task<Void> task = createTask(() -> Asyncio.timeout(SECOND, () -> sleep(HOUR)));
      manual.loop().callLater(SECOND, task::cancel);

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(task.cancelling()).isEqualTo(1);
    });
  }

  @Test
  void with_innerDeadlineFirst_onlyTheInnerExpires() {
    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND.multipliedBy(2),
                    () -> {
                      assertThatThrownBy(() -> Asyncio.timeout(SECOND, () -> sleep(HOUR)))
                          .isInstanceOf(TimeoutException.class);
                      log.add("between");
                      sleep(HOUR);
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(log).containsExactly("between");
    assertThat(manual.loop().time()).isEqualTo(SECOND.multipliedBy(2));
  }

  @Test
  void with_equalDeadlines_theOuterConverts() {
    var innerThrew = new AtomicReference<Throwable>();

    manual.run(() ->
        assertThatThrownBy(() ->
                Asyncio.timeout(
                    SECOND,
                    () -> {
                      try {
                        Asyncio.timeout(SECOND, () -> sleep(HOUR));
                      } catch (Throwable fault) {
                        innerThrew.set(fault);
                        throw fault;
                      }
                    }))
            .isInstanceOf(TimeoutException.class));

    assertThat(innerThrew.get()).isInstanceOf(CancelledError.class);
  }

  @Test
  void with_twice_isRefused() {
    manual.run(() -> {
      Timeout timeout = Timeout.after(SECOND);
      timeout.with(_ -> null);

      assertThatThrownBy(() -> timeout.with(_ -> null))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Timeout has already been entered");
    });
  }

  @Test
  void with_outsideATask_isRefused() {
    var refused = new AtomicReference<Throwable>();
    manual
        .loop()
        .callSoon(() -> {
          try {
            Timeout.after(SECOND).with(_ -> null);
          } catch (Exception fault) {
            refused.set(fault);
          }
        });

    manual.tick();

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Timeout should be used inside a task");
  }

  @Test
  void after_deadlineCountsFromTheCall() {
    manual.run(() -> {
      Timeout timeout = Timeout.after(SECOND);
      sleep(SECOND);

      assertThatThrownBy(() ->
              timeout.with(_ -> {
                sleep(TICK);
                return null;
              }))
          .isInstanceOf(TimeoutException.class);
    });
  }

  @Test
  void timeoutAt_deadlineIsOnTheClock() {
    manual.run(() -> {
      sleep(SECOND);
      Duration when = manual.loop().time().plus(SECOND);

      assertThatThrownBy(() ->
              Asyncio.timeoutAt(
                  when,
                  timeout -> {
                    assertThat(timeout.when()).isEqualTo(when);
                    sleep(HOUR);
                    return null;
                  }))
          .isInstanceOf(TimeoutException.class);
      assertThat(manual.loop().time()).isEqualTo(when);
    });
  }

  @Test
  void afterTheEnd_theDeadlinePasses_cancelsNobody() {
    manual.run(() -> {
      Asyncio.timeout(SECOND, () -> {});
      sleep(HOUR);
      log.add("slept");
    });

    assertThat(log).containsExactly("slept");
  }

  @Test
  void toString_tellsStateAndDeadline() {
    manual.run(() -> {
      Timeout timeout = Timeout.at(SECOND);
      assertThat(timeout).hasToString("<Timeout [created] when=PT1S>");

      timeout.with(inside -> {
        assertThat(inside).hasToString("<Timeout [active] when=PT1S>");
        return null;
      });

      assertThat(timeout).hasToString("<Timeout [finished] when=PT1S>");
    });
  }
}
