package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.scope.TaskGroup;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

final class TaskGroupStartTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> log = new ArrayList<>();

  static List<TaskOptions> starts() {
    return List.of(TaskOptions.DEFAULT, TaskOptions.DEFAULT.withEagerStart());
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @ParameterizedTest
  @MethodSource("starts")
  void start_taskThatReports_returnsTheValueAndLetsItRun(TaskOptions options) {
    manual.run(() -> {
      TaskGroup.run(group -> {
        int port =
            group.start(
                status -> {
                  sleep(SECOND);
                  status.started(8080);
                  sleep(SECOND);
                  log.add("served");
                },
                options);
        log.add("port " + port);
      });
      log.add("over");
    });

    assertThat(log).containsExactly("port 8080", "served", "over");
  }

  @ParameterizedTest
  @MethodSource("starts")
  void start_taskThatReportsAtOnce_returns(TaskOptions options) {
    manual.run(() ->
        TaskGroup.run(group -> {
          log.add(group.start(status -> status.started("value"), options));
          log.add(String.valueOf(group.<@Nullable String>start(s -> s.started(null), options)));
        }));

    assertThat(log).containsExactly("value", "null");
  }

  @ParameterizedTest
  @MethodSource("starts")
  void start_failureBeforeTheReport_goesToTheCallerAlone(TaskOptions options) {
    manual.run(() ->
        TaskGroup.run(group -> {
          group.createTask(() -> {
            sleep(MINUTE);
            log.add("sibling");
          });
          assertThatThrownBy(() ->
                  group.start(
                      _ -> {
                        throw new IOException("in use");
                      },
                      options))
              .isInstanceOf(IOException.class)
              .hasMessage("in use");
          sleep(SECOND);
          log.add("body");
        }));

    assertThat(log).containsExactly("body", "sibling");
  }

  @Test
  void start_failureAfterTheReport_isTheGroups() {
    manual.run(() ->
        assertThatThrownBy(() ->
                TaskGroup.run(group -> {
                  log.add(
                      group.start(status -> {
                        status.started("ready");
                        sleep(SECOND);
                        throw new IOException("later");
                      }));
                  sleep(HOUR);
                }))
            .isInstanceOfSatisfying(
                ExceptionGroup.class,
                failed ->
                    assertThat(failed.exceptions())
                        .singleElement()
                        .isInstanceOf(IOException.class)));

    assertThat(log).containsExactly("ready");
  }

  @ParameterizedTest
  @MethodSource("starts")
  void start_taskThatEndsWithoutReport_isAnError(TaskOptions options) {
    manual.run(() ->
        TaskGroup.run(group ->
            assertThatThrownBy(() -> group.start(_ -> log.add("ran"), options))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("finished without calling started()")));

    assertThat(log).containsExactly("ran");
  }

  @Test
  void started_twice_isRefused() {
    manual.run(() ->
        TaskGroup.run(group ->
            group.<String>start(status -> {
              status.started("a");
              assertThatThrownBy(() -> status.started("b"))
                  .isInstanceOf(IllegalStateException.class);
              log.add("refused");
            })));

    assertThat(log).containsExactly("refused");
  }

  @Test
  void start_callerIsCancelled_cancelsTheTaskAndWaitsForIt() {
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              TaskGroup.run(group -> {
                group.start(_ -> {
                  try {
                    sleep(HOUR);
                  } finally {
                    sleep(MINUTE);
                    log.add("task");
                  }
                });
                log.add("never");
              }));
      sleep(SECOND);
      task.cancel("stop");

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class).hasMessage("stop");
    });

    assertThat(log).containsExactly("task");
    assertThat(manual.loop().time()).isEqualTo(SECOND.plus(MINUTE));
  }

  @Test
  void start_callerIsCancelledAndTheTaskReportsAfterThat_isCancelledAllTheSame() {
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              TaskGroup.run(group -> {
                group.<String>start(status -> {
                  try {
                    sleep(HOUR);
                  } finally {
                    status.started("too late");
                    log.add("task");
                  }
                });
                log.add("never");
              }));
      sleep(SECOND);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("task");
  }

  @Test
  void start_callerIsCancelledAndTheTaskFails_failsTheGroup() {
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              TaskGroup.run(group -> {
                group.start(_ -> {
                  try {
                    sleep(HOUR);
                  } catch (CancelledError cancelled) {
                    throw new IOException("bad end");
                  }
                });
                log.add("never");
              }));
      sleep(SECOND);
      task.cancel();

      assertThatThrownBy(task::await).isInstanceOf(ExceptionGroup.class);
    });

    assertThat(log).isEmpty();
  }

  @Test
  void start_callerIsAChild_cancelsTheNewTaskAndSparesTheGroup() {
    manual.run(() ->
        TaskGroup.run(group -> {
          Task<?> starter =
              group.createTask(() -> {
                group.start(_ -> {
                  try {
                    sleep(HOUR);
                  } finally {
                    log.add("task");
                  }
                });
              });
          sleep(SECOND);
          starter.cancel();
          sleep(SECOND);
          log.add("body");
        }));

    assertThat(log).containsExactly("task", "body");
  }

  @Test
  void start_siblingFailsMeanwhile_cancelsBoth() {
    manual.run(() ->
        assertThatThrownBy(() ->
                TaskGroup.run(group -> {
                  group.createTask(() -> {
                    sleep(SECOND);
                    throw new IOException("sibling");
                  });
                  group.start(_ -> {
                    try {
                      sleep(HOUR);
                    } finally {
                      log.add("task");
                    }
                  });
                  log.add("never");
                }))
            .isInstanceOf(ExceptionGroup.class));

    assertThat(log).containsExactly("task");
  }

  @Test
  void start_taskThatIsCancelledByItself_isCancelledForTheCaller() {
    manual.run(() ->
        TaskGroup.run(group ->
            assertThatThrownBy(() ->
                    group.start(_ -> {
                      Task.current().cancel("by itself");
                      sleep(TICK);
                    }))
                .isInstanceOf(CancelledError.class)
                .hasMessage("by itself")));
  }

  @Test
  void start_outsideAnOpenGroup_isRefused() {
    manual.run(() -> {
      var group = new TaskGroup();
      assertThatThrownBy(() -> group.<String>start(status -> status.started("a")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("has not been entered");
    });
  }

  @Test
  void start_inAGroupWithALimit_waitsForAPlace() {
    manual.run(() ->
        new TaskGroup(1)
            .with(group -> {
              group.createTask(() -> sleep(MINUTE));
              log.add(group.start(status -> status.started("ready")));
              return true;
            }));

    assertThat(log).containsExactly("ready");
    assertThat(manual.loop().time()).isEqualTo(MINUTE);
  }

  /// The report, the end of the task and the cancellation of the caller, in every order of ticks.
  @Test
  void start_reportEndAndCancelInAnyOrder_endsWithoutALeftover() {
    for (int report = 0; report < 5; report++) {
      for (int cancel = 0; cancel < 8; cancel++) {
        for (boolean fails : new boolean[] {false, true}) {
          assertStartEnds(report, cancel, fails);
        }
      }
    }
  }

  private void assertStartEnds(int report, int cancel, boolean fails) {
    String name = "report " + report + ", cancel " + cancel + (fails ? ", fails" : "");
    log.clear();
    manual.run(() -> {
      Task<?> task =
          createTask(() ->
              TaskGroup.run(group -> {
                log.add(
                    group.start(status -> {
                      ticks(report);
                      status.started("value");
                      if (fails) {
                        throw new IOException("bad");
                      }
                    }));
                sleep(HOUR);
              }));
      ticks(cancel);
      task.cancel();
      Throwable fault = null;
      try {
        task.await();
      } catch (Throwable thrown) {
        fault = thrown;
      }

      assertThat(fault).as(name).isInstanceOfAny(CancelledError.class, ExceptionGroup.class);
      assertThat(Task.all()).as(name).hasSize(1);
      if (!fails) {
        assertThat(fault).as(name).isInstanceOf(CancelledError.class);
      }
    });
  }

  private static void ticks(int count) {
    for (int i = 0; i < count; i++) {
      sleep(TICK);
    }
  }

  @ParameterizedTest
  @EnumSource
  void start_cancelledAtEachPoint_leavesNoTaskAndNoHalfStart(CancelPoints.When when) {
    int points =
        CancelPoints.everywhere(
            when,
            (point, notes) ->
                TaskGroup.run(group -> {
                  point.pass();
                  String value =
                      group.start(status -> {
                        notes.add("open");
                        try {
                          point.pass();
                          status.started("ready");
                          point.pass();
                        } finally {
                          notes.add("closed");
                        }
                      });
                  notes.add(value);
                  point.pass();
                }),
            outcome -> {
              assertThat(outcome.task().isCancelled())
                  .as("at point %s", outcome.point())
                  .isEqualTo(outcome.wasCancelled());
              assertThat(outcome.log().contains("closed"))
                  .as("at point %s", outcome.point())
                  .isEqualTo(outcome.log().contains("open"));
            });

    assertThat(points).isEqualTo(4);
  }
}
