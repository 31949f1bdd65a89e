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
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class ShieldingTest {

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
  void shielding_cancelledMeanwhile_endsAndThenThrowsAtTheNextAwait() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            String result =
                shielding(() -> {
                  sleep(SECOND);
                  return "whole";
                });
            log.add(result);
            sleep(HOUR);
            log.add("never");
          });
      sleep(TICK);

      assertThat(task.cancel("stop")).isTrue();
      assertThat(task.cancelling()).isOne();
      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("stop");
      assertThat(manual.loop().time()).isEqualTo(SECOND);
    });

    assertThat(log).containsExactly("whole");
  }

  @Test
  void shielding_cancelledOften_holdsAllBackAndThrowsOnce() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            shielding(() -> sleep(SECOND));
            log.add("requests " + Task.current().cancelling());
            try {
              sleep(HOUR);
            } catch (CancelledError once) {
              sleep(SECOND);
              log.add("went on");
            }
          });
      sleep(TICK);
      task.cancel();
      task.cancel();
      task.await();
    });

    assertThat(log).containsExactly("requests 2", "went on");
  }

  @Test
  void shielding_endOfTheBodyWithoutAnotherAwait_isACancelledTask() {
    manual.run(() -> {
      Task<?> task = createTask(() -> shielding(() -> sleep(SECOND)));
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      assertThat(task.isCancelled()).isTrue();
    });
  }

  @Test
  void shielding_inFinallyOfACancelledTask_awaitsUndisturbedByASecondCancel() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            try {
              sleep(HOUR);
            } finally {
              shielding(() -> {
                sleep(SECOND);
                log.add("clean");
              });
            }
          });
      sleep(TICK);
      task.cancel();
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("clean");
  }

  @Test
  void shielding_requestBeforeItThatWasNotThrownYet_isHeldBackToo() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            Task.current().cancel("early");
            shielding(() -> sleep(SECOND));
            log.add("whole");
            sleep(TICK);
          });

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("early");
    });

    assertThat(log).containsExactly("whole");
  }

  @Test
  void shielding_requestTakenBackMeanwhile_isNotThrown() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            shielding(() -> sleep(SECOND));
            sleep(SECOND);
            log.add("went on");
          });
      sleep(TICK);
      task.cancel();

      assertThat(task.uncancel()).isZero();
      task.await();
    });

    assertThat(log).containsExactly("went on");
  }

  @Test
  void shielding_bodyThatFails_throwsTheFailureAndIsCancelledAtTheNextAwait() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            try {
              shielding(() -> {
                sleep(SECOND);
                throw new UncheckedIOException(new IOException("bad"));
              });
            } catch (UncheckedIOException failure) {
              log.add(failure.getCause().getMessage());
            }
            sleep(HOUR);
          });
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("bad");
  }

  @Test
  void shielding_bodyThatFailsAtOnce_endsTheTaskWithTheFailure() {
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            Task.current().cancel();
            shielding(() -> {
              throw new IOException("bad");
            });
          });

      assertThatThrownBy(task::await).isInstanceOf(IOException.class).hasMessage("bad");
    });
  }

  @Test
  void shielding_blockingCall_isNotInterrupted() {
    manual.setPatience(Duration.ofSeconds(30));
    var blocked = new CountDownLatch(1);
    var goOn = new CountDownLatch(1);
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            shielding(() -> {
              blocked.countDown();
              log.add("waited " + goOn.await(30, TimeUnit.SECONDS));
            });
            log.add("flag " + Thread.currentThread().isInterrupted());
            Thread.sleep(Duration.ofHours(1)); // is told at once
          });
      sleep(TICK);
      assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
      task.cancel();
      goOn.countDown();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("waited true", "flag true");
  }

  @Test
  void shielding_afterAnInterruptedCall_blocksUndisturbed() {
    manual.setPatience(Duration.ofSeconds(30));
    var blocked = new CountDownLatch(1);
    manual.run(() -> {
      Task<?> task =
          createTask(() -> {
            try {
              blocked.countDown();
              Thread.sleep(Duration.ofHours(1));
            } finally {
              shielding(() -> {
                Thread.sleep(Duration.ofMillis(20));
                sleep(SECOND);
                log.add("clean");
              });
            }
          });
      sleep(TICK);
      assertThat(blocked.await(30, TimeUnit.SECONDS)).isTrue();
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("clean");
  }

  @Test
  void shielding_failureWhileCancelled_isNotTakenForTheCancellation() {
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              shielding(() -> {
                sleep(SECOND);
                throw new IllegalStateException("bad");
              }));
      sleep(TICK);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(IllegalStateException.class).hasMessage("bad");
    });
  }

  @Test
  void shielding_loopThatCloses_doesNotWait() {
    manual.loop().setExceptionHandler((_, _) -> {});
    var started = new LoopFuture<@Nullable Void>(manual.loop());
    manual.loop().callSoon(() -> {});
    manual.run(() -> {
      createTask(() ->
          shielding(() -> {
            started.setResult(null);
            try {
              sleep(HOUR);
            } finally {
              log.add("unwound");
            }
          }));
      started.await();
    });

    manual.close();

    assertThat(log).containsExactly("unwound");
  }

  @Test
  void shielding_outsideATask_isRefused() {
    var refused = new ArrayList<Throwable>();
    manual.run(() -> {
      manual
          .loop()
          .callSoon(() -> {
            try {
              shielding(() -> {});
            } catch (IllegalStateException fault) {
              refused.add(fault);
            }
          });
      sleep(SECOND);
    });

    assertThat(refused).singleElement().asString().contains("inside a task");
  }

  @ParameterizedTest
  @EnumSource
  void shieldedCleanUp_cancelledAtEachPoint_isWholeIfItBegan(CancelPoints.When when) {
    int points =
        CancelPoints.everywhere(
            when,
            (point, notes) -> {
              point.pass();
              notes.add("open");
              try {
                point.pass();
                timeout(HOUR, () -> point.pass());
              } finally {
                shielding(() -> {
                  point.pass();
                  TaskGroup.run(group -> {
                    group.createTask(() -> point.pass());
                    point.pass();
                  });
                  timeout(HOUR, () -> point.pass());
                  notes.add("closed");
                });
              }
              point.pass();
            },
            outcome -> {
              assertThat(outcome.task().isCancelled())
                  .as("at point %s", outcome.point())
                  .isEqualTo(outcome.wasCancelled());
              assertThat(outcome.log().contains("closed"))
                  .as("at point %s", outcome.point())
                  .isEqualTo(outcome.log().contains("open"));
            });

    assertThat(points).isEqualTo(8);
  }
}
