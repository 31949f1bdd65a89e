package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.event.KeyboardInterrupt;
import io.loop.scope.TaskGroup;
import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class TaskGroupTest extends TaskGroupFixture {

  @Test
  void run_withTasks_waitsForThemAll() {
    manual.run(() -> {
      TaskGroup.run(group -> {
        group.createTask(() -> {
          sleep(Duration.ofMillis(2));
          log.add("slow");
        });
        group.createTask(() -> log.add("fast"));
        log.add("body");
      });
      log.add("after");
    });

    assertThat(log).containsExactly("body", "fast", "slow", "after");
  }

  @Test
  void call_withAResult_returnsIt() {
    int result =
        manual.run(() ->
            TaskGroup.call(group -> {
              Task<Integer> task = group.createTask(() -> 7);
              return task.await() + 1;
            }));

    assertThat(result).isEqualTo(8);
  }

  @Test
  void run_withoutTasks_doesNotSuspend() {
    manual.run(() -> {
      manual.loop().callSoon(() -> log.add("other"));

      TaskGroup.run(_ -> {});

      log.add("after");
      sleep(TICK);
    });

    assertThat(log).containsExactly("after", "other");
  }

  @Test
  void run_oneTaskFails_cancelsTheOthersAndTheBody() {
    var fault = new IOException("gone");

    manual.run(() -> {
      Throwable thrown =
          catchThrowable(() ->
              TaskGroup.run(group -> {
                group.createTask(stuck("sibling"));
                group.createTask(failing(fault));
                stuck("body").run();
              }));

      assertThat(thrown)
          .isInstanceOf(ExceptionGroup.class)
          .hasMessage("unhandled errors in a TaskGroup (1 sub-exception)");
      assertThat(((ExceptionGroup) thrown).exceptions()).containsExactly(fault);
      assertThat(Task.current().cancelling()).isZero();
    });

    assertThat(log).containsExactlyInAnyOrder("sibling ends", "body ends");
  }

  @Test
  void run_severalFail_throwsThemAllInOrder() {
    var first = new IOException("first");
    var second = new IllegalStateException("second");

    manual.run(() -> {
      Throwable thrown =
          catchThrowable(() ->
              TaskGroup.run(group -> {
                group.createTask(failing(first));
                group.createTask(failing(second));
              }));

      assertThat(((ExceptionGroup) thrown).exceptions()).containsExactly(first, second);
    });
  }

  @Test
  void run_bodyFails_cancelsTheTasksAndThrowsAGroup() {
    var fault = new IOException("gone");

    manual.run(() -> {
      Throwable thrown =
          catchThrowable(() ->
              TaskGroup.run(group -> {
                group.createTask(stuck("task"));
                sleep(TICK);
                throw fault;
              }));

      assertThat(((ExceptionGroup) thrown).exceptions()).containsExactly(fault);
    });

    assertThat(log).containsExactly("task ends");
  }

  @Test
  void run_bodyAndTaskFail_putsTheBodyLast() {
    var inTask = new IOException("task");
    var inBody = new IOException("body");

    manual.run(() -> {
      Throwable thrown =
          catchThrowable(() ->
              TaskGroup.run(group -> {
                group.createTask(failing(inTask));
                throw inBody;
              }));

      assertThat(((ExceptionGroup) thrown).exceptions()).containsExactly(inBody);
    });
  }

  @Test
  void run_oneTaskIsCancelled_isNoFailure() {
    manual.run(() -> {
      TaskGroup.run(group -> {
        Task<Void> cancelled = group.createTask(stuck("cancelled"));
        group.createTask(() -> log.add("other"));
        sleep(TICK);
        cancelled.cancel();
      });
      log.add("after");
    });

    assertThat(log).containsExactly("other", "cancelled ends", "after");
  }

  @Test
  void run_parentCancelled_cancelsTheTasksAndPassesItOn() {
    manual.run(() -> {
      Task<Void> parent = createTask(() -> TaskGroup.run(group -> group.createTask(stuck("task"))));
      sleep(TICK);
      sleep(TICK);

      parent.cancel("why");

      assertThatThrownBy(parent::await).isInstanceOf(CancelledError.class).hasMessage("why");
      assertThat(parent.cancelling()).isEqualTo(1);
    });

    assertThat(log).containsExactly("task ends");
  }

  @Test
  void run_parentCancelledTwiceWhileTasksCleanUp_waitsForThemAll() {
    manual.run(() -> {
      Task<Void> parent =
          createTask(() ->
              TaskGroup.run(group ->
                  group.createTask(() -> {
                    try {
                      sleep(HOUR);
                    } finally {
                      sleep(TICK);
                      sleep(TICK);
                      sleep(TICK);
                      log.add("cleaned up");
                    }
                  })));
      sleep(TICK);
      sleep(TICK);
      parent.cancel();
      sleep(TICK);
      parent.cancel();

      assertThatThrownBy(parent::await).isInstanceOf(CancelledError.class);
      log.add("parent ended");
    });

    assertThat(log).containsExactly("cleaned up", "parent ended");
  }

  @Test
  void run_parentCancelledWhileItsGroupFails_failsAndIsCancelledAtTheNextAwait() {
    manual.run(() -> {
      Task<Void> parent =
          createTask(() -> {
            try {
              TaskGroup.run(group ->
                  group.createTask(() -> {
                    try {
                      sleep(HOUR);
                    } finally {
                      sleep(TICK);
                      failing(new IOException("in clean-up")).run();
                    }
                  }));
            } catch (ExceptionGroup failed) {
              log.add("group " + Task.current().cancelling());
            }
            sleep(HOUR);
            log.add("not reached");
          });
      sleep(TICK);
      sleep(TICK);
      parent.cancel();

      assertThatThrownBy(parent::await).isInstanceOf(CancelledError.class);
    });

    assertThat(log).containsExactly("group 1");
  }

  @Test
  void run_taskThrowsKeyboardInterrupt_leavesTheLoopAndThenTheScope() {
    var fatal = new KeyboardInterrupt();

    assertThatThrownBy(() ->
            manual.run(() ->
                TaskGroup.run(group -> {
                  group.createTask(failing(fatal));
                  sleep(HOUR);
                })))
        .isSameAs(fatal);
    assertThatThrownBy(manual::close).isSameAs(fatal);
    reports.clear(); // nobody is left to read the outcome of the main task
  }

  @Test
  void run_bodyThrowsKeyboardInterrupt_throwsItBareAfterTheTasks() {
    var fatal = new KeyboardInterrupt();

    assertThatThrownBy(() ->
            manual.run(() ->
                TaskGroup.run(group -> {
                  group.createTask(stuck("task"));
                  sleep(TICK);
                  throw fatal;
                })))
        .isSameAs(fatal);
    assertThat(log).containsExactly("task ends");
  }

  @Test
  void run_nestedGroupsFailTogether_eachThrowsItsOwn() {
    manual.run(() -> {
      Throwable outer =
          catchThrowable(() ->
              TaskGroup.run(outerGroup -> {
                outerGroup.createTask(failing(new IOException("outer")));
                Throwable inner =
                    catchThrowable(() ->
                        TaskGroup.run(innerGroup -> {
                          innerGroup.createTask(failing(new IOException("inner")));
                          sleep(HOUR);
                        }));
                log.add(
                    String.valueOf(((ExceptionGroup) inner).exceptions().getFirst().getMessage()));
                sleep(HOUR);
              }));

      log.add(String.valueOf(((ExceptionGroup) outer).exceptions().getFirst().getMessage()));
      assertThat(Task.current().cancelling()).isZero();
    });

    assertThat(log).containsExactly("inner", "outer");
  }

  @Test
  void cancel_insideTheBody_endsTheScopeWithoutAnError() {
    manual.run(() -> {
      TaskGroup.run(group -> {
        group.createTask(stuck("task"));
        sleep(TICK);
        group.cancel();
        sleep(HOUR);
        log.add("not reached");
      });
      log.add("after " + Task.current().cancelling());
    });

    assertThat(log).containsExactly("task ends", "after 0");
  }

  @Test
  void cancel_beforeEntry_takesEffectOnEntry() {
    manual.run(() -> {
      var group = new TaskGroup();
      group.cancel();

      group.with(_ -> {
        log.add("entered");
        sleep(HOUR);
        return log.add("not reached");
      });
    });

    assertThat(log).containsExactly("entered");
  }

  @Test
  void cancel_ofAScopeWhoseBodyNeverAwaits_isTakenBack() {
    manual.run(() -> {
      TaskGroup.run(TaskGroup::cancel);
      sleep(TICK);
      log.add("fine " + Task.current().cancelling());
    });

    assertThat(log).containsExactly("fine 0");
  }

  @Test
  void cancel_afterTheEnd_doesNothing() {
    manual.run(() -> {
      var group = new TaskGroup();
      group.with(_ -> null);

      group.cancel();

      assertThat(Task.current().cancelling()).isZero();
    });
  }

  @Test
  void with_twice_isRefused() {
    manual.run(() -> {
      var group = new TaskGroup();
      group.with(_ -> null);

      assertThatThrownBy(() -> group.with(_ -> null))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("has already been entered");
    });
  }

  @Test
  void with_outsideATask_isRefused() {
    manual
        .loop()
        .callSoon(() -> log.add(catchThrowable(() -> TaskGroup.run(_ -> {})).getMessage()));

    manual.tick();

    assertThat(log).singleElement().asString().contains("cannot determine the parent task");
  }
}
