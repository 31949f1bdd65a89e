package io.loop.task;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.scope.TaskGroup;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/// When a group takes tasks, and what becomes of eager ones.
final class TaskGroupCreateTaskTest extends TaskGroupFixture {

  @Test
  void createTask_beforeEntry_isRefused() {
    manual.run(() ->
        assertThatThrownBy(() -> new TaskGroup().createTask(() -> 7))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("has not been entered"));
  }

  @Test
  void createTask_afterTheEnd_isRefused() {
    manual.run(() -> {
      var group = new TaskGroup();
      group.with(_ -> null);

      assertThatThrownBy(() -> group.createTask(() -> 7))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("is finished");
    });
  }

  @Test
  void createTask_whileShuttingDown_isRefused() {
    manual.run(() ->
        TaskGroup.run(group -> {
          group.cancel();

          assertThatThrownBy(() -> group.createTask(() -> 7))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("is shutting down");
        }));
  }

  @Test
  void createTask_byATaskWhileTheScopeExits_isWaitedForToo() {
    manual.run(() -> {
      TaskGroup.run(group ->
          group.createTask(() -> {
            sleep(TICK);
            group.createTask(() -> {
              sleep(TICK);
              log.add("grandchild");
            });
          }));
      log.add("after");
    });

    assertThat(log).containsExactly("grandchild", "after");
  }

  @Test
  void createTask_eagerAndFailing_failsTheGroupOneTickLater() {
    var fault = new IOException("gone");

    manual.run(() -> {
      Throwable thrown =
          catchThrowable(() ->
              TaskGroup.run(group -> {
                group.createTask(failing(fault), TaskOptions.DEFAULT.withEagerStart());
                log.add("body goes on");
                sleep(TICK);
                log.add("not reached");
              }));

      assertThat(((ExceptionGroup) thrown).exceptions()).containsExactly(fault);
    });

    assertThat(log).containsExactly("body goes on");
  }

  @Test
  void createTask_eagerThatCancelsTheGroup_isCancelledItself() {
    manual.run(() -> {
      TaskGroup.run(group ->
          group.createTask(
              Coro.of(() -> {
                group.cancel();
                stuck("task").run();
              }),
              TaskOptions.DEFAULT.withEagerStart()));
      log.add("after");
    });

    assertThat(log).containsExactly("task ends", "after");
  }
}
