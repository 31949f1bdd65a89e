package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.TraceRecorder.TICK;
import static io.loop.TraceRecorder.argsOf;
import static io.loop.TraceRecorder.cancelling;
import static io.loop.TraceRecorder.name;
import static io.loop.TraceRecorder.namesOf;
import static io.loop.TraceRecorder.seconds;
import static io.loop.TraceRecorder.ticks;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.TraceRecorder.KeyError;
import io.loop.TraceRecorder.RuntimeError;
import io.loop.TraceRecorder.TypeError;
import io.loop.TraceRecorder.ValueError;
import io.loop.scope.TaskGroup;
import io.loop.task.CancelledError;
import io.loop.task.ExceptionGroup;
import io.loop.task.Task;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// The order of events around task groups, as recorded from CPython 3.15.2.
///
/// Timers with equal deadlines fire first in, first out here; where a trace says something Python
/// alone can, its Java word is in the same place.
final class TaskGroupTracesTest extends TaskGroupTraces {

  private void refused(String why, Runnable use) {
    assertThatThrownBy(use::run)
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining(why);
    log(why);
  }

  @Test
  void e1_groupOfTwo() {
    assertTrace(
        "0:body end ; 2:b done ; 3:a done ; 5:after ; 5:main= None",
        () -> {
          TaskGroup.run(group -> {
            group.createTask(ok("a", 2));
            group.createTask(ok("b", 1));
            log("body end");
          });
          log("after");
        });
  }

  @Test
  void e1b_emptyGroup() {
    assertTrace(
        "0:empty group no yield ; 0:main= None",
        () -> {
          TaskGroup.run(_ -> {});
          log("empty group no yield");
        });
  }

  @Test
  void e1c_groupWhoseBodyAwaitsTheOnlyChild() {
    assertTrace(
        "1:a done ; 2:body saw result ; 2:after ; 2:main= None",
        () -> {
          TaskGroup.run(group -> {
            group.createTask(ok("a", 0)).await();
            log("body saw result");
          });
          log("after");
        });
  }

  @Test
  void e2_groupOneFails() {
    assertTrace(
        "2:b raises ; 4:a CE ; 4:body CE 1 ; 6:c CE"
            + " ; 8:ExceptionGroup unhandled errors in a TaskGroup (1 sub-exception) ['ValueError'] 0"
            + " ; 8:main= None",
        () -> {
          try {
            TaskGroup.run(group -> {
              group.createTask(stuck("a", 0));
              group.createTask(bad("b", 1));
              group.createTask(stuck("c", 2));
              try {
                sleep(seconds(100));
              } catch (CancelledError cancelled) {
                log("body CE", cancelling());
                throw cancelled;
              }
            });
          } catch (ExceptionGroup failed) {
            log(name(failed), failed.getMessage(), namesOf(failed), cancelling());
          }
        });
  }

  @Test
  void e2b_groupOneFailsAfterTheBody() {
    assertTrace(
        "2:b raises ; 4:a CE ; 6:ExceptionGroup ['ValueError'] 0 ; 6:main= None",
        () -> {
          try {
            TaskGroup.run(group -> {
              group.createTask(stuck("a", 0));
              group.createTask(bad("b", 1));
            });
          } catch (ExceptionGroup failed) {
            log(name(failed), namesOf(failed), cancelling());
          }
        });
  }

  @Test
  void e2c_groupThreeFail() {
    assertTrace(
        "2:b raises ; 2:c raises ; 4:a CE"
            + " ; 6:ExceptionGroup ['ValueError', 'TypeError', 'KeyError'] ; 6:main= None",
        () -> {
          try {
            TaskGroup.run(group -> {
              group.createTask(stuck("a", 0, new KeyError()));
              group.createTask(bad("b", 1, new ValueError()));
              group.createTask(bad("c", 1, new TypeError()));
            });
          } catch (ExceptionGroup failed) {
            log(name(failed), namesOf(failed));
          }
        });
  }

  @Test
  void e3_groupBodyFails() {
    assertTrace(
        "2:a CE ; 4:ExceptionGroup ['KeyError'] ; 4:main= None",
        () -> {
          try {
            TaskGroup.run(group -> {
              group.createTask(stuck("a", 0));
              sleep(TICK);
              throw new KeyError();
            });
          } catch (ExceptionGroup failed) {
            log(name(failed), namesOf(failed));
          }
        });
  }

  @Test
  void e4_parentCancelledInItsExit() {
    assertTrace(
        "2:cancelled p ; 5:a CE ; 7:p CancelledError ('ext',) 1 ; 8:CE ('ext',)"
            + " ; 8:main= None",
        () -> {
          Task<Void> parent =
              createTask(() -> {
                try {
                  TaskGroup.run(group -> group.createTask(stuck("a", 1)));
                } catch (CancelledError cancelled) {
                  log("p", name(cancelled), argsOf(cancelled), cancelling());
                  throw cancelled;
                }
              });
          ticks(2);
          parent.cancel("ext");
          log("cancelled p");
          try {
            parent.await();
          } catch (CancelledError cancelled) {
            log("CE", argsOf(cancelled));
          }
        });
  }

  @Test
  void e5_parentCancelledInItsExitAndAChildFails() {
    assertTrace(
        "5:a CE ; 7:p ExceptionGroup 1 ; 8:re-delivered CE 1 ; 9:CE () ; 9:main= None",
        () -> {
          Task<Void> parent =
              createTask(() -> {
                try {
                  TaskGroup.run(group -> group.createTask(stuck("a", 1, new KeyError())));
                } catch (ExceptionGroup failed) {
                  log("p", name(failed), cancelling());
                }
                try {
                  sleep(seconds(1));
                } catch (CancelledError cancelled) {
                  log("re-delivered CE", cancelling());
                  throw cancelled;
                }
              });
          ticks(2);
          parent.cancel("ext");
          try {
            parent.await();
          } catch (CancelledError cancelled) {
            log("CE", argsOf(cancelled));
          }
        });
  }

  @Test
  void e6_nestedGroupsFailTogether() {
    assertTrace(
        "2:outerchild raises ; 2:innerchild raises ; 4:inner EG 1 ; 4:between"
            + " ; 5:outer EG 0 ; 5:main= None",
        () -> {
          try {
            TaskGroup.run(outer -> {
              outer.createTask(bad("outerchild", 1, new TypeError()));
              try {
                TaskGroup.run(inner -> {
                  inner.createTask(bad("innerchild", 1));
                  sleep(seconds(100));
                });
              } catch (ExceptionGroup failed) {
                log("inner EG", cancelling());
              }
              log("between");
              sleep(TICK);
            });
          } catch (ExceptionGroup failed) {
            log("outer EG", cancelling());
          }
        });
  }

  @Test
  void e7_groupCancelled() {
    assertTrace(
        "1:body continues 1 ; 2:a CE ; 2:body CE ; 4:after, no exception 0" + " ; 4:main= None",
        () -> {
          TaskGroup.run(group -> {
            group.createTask(stuck("a", 0));
            sleep(TICK);
            group.cancel();
            log("body continues", cancelling());
            try {
              sleep(TICK);
            } catch (CancelledError cancelled) {
              log("body CE");
              throw cancelled;
            }
          });
          log("after, no exception", cancelling());
        });
  }

  @Test
  void e7b_groupCancelledByABodyThatNeverSuspends() {
    assertTrace(
        "0:body no await ; 0:after 0 ; 1:still fine ; 1:main= None",
        () -> {
          TaskGroup.run(group -> {
            group.cancel();
            log("body no await");
          });
          log("after", cancelling());
          sleep(TICK);
          log("still fine");
        });
  }

  @Test
  void e7c_groupCancelledBeforeEntry() {
    assertTrace(
        "0:entered 1 ; 1:after ; 1:main= None",
        () -> {
          var group = new TaskGroup();
          group.cancel();
          group.with(_ -> {
            log("entered", cancelling());
            sleep(TICK);
            return null;
          });
          log("after");
        });
  }

  @Test
  void e7d_groupCancelledByAChildThatFails() {
    assertTrace(
        "3:main! ExceptionGroup ['RuntimeError']",
        () -> {
          TaskGroup.run(group -> {
            group.createTask(() -> {
              group.cancel();
              throw new RuntimeError();
            });
            sleep(seconds(100));
          });
        });
  }

  @Test
  void e7e_groupMisused() {
    assertTrace(
        "0:is shutting down ; 0:is finished ; 0:has not been entered"
            + " ; 0:has already been entered ; 0:main= None",
        () -> {
          var used = new TaskGroup();
          used.with(group -> {
            group.cancel();
            refused("is shutting down", () -> group.createTask(ok("x", 0)));
            return null;
          });
          refused("is finished", () -> used.createTask(ok("x", 0)));
          refused("has not been entered", () -> new TaskGroup().createTask(ok("x", 0)));
          refused("has already been entered", () -> used.with(_ -> null));
        });
  }

  @Test
  void e8_oneChildCancelled() {
    assertTrace(
        "2:a CE ; 3:b done ; 5:child cancel ignored True ; 5:main= None",
        () -> {
          var cancelled = new AtomicReference<Task<String>>();
          TaskGroup.run(group -> {
            cancelled.set(group.createTask(stuck("a", 0)));
            group.createTask(ok("b", 2));
            sleep(TICK);
            cancelled.get().cancel();
          });
          log("child cancel ignored", cancelled.get().isCancelled());
        });
  }
}
