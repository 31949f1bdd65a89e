package io.loop.task;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.scope.TaskGroup;
import io.loop.testing.ManualLoop;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TaskFactoryTest {

  private final ManualLoop manual = new ManualLoop();
  private final Loop loop = manual.loop();
  private final List<String> events = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private <T> Task<T> recording(Loop on, Coro<T> body, TaskOptions options) {
    events.add("made " + options.name());
    return Task.of(on, body, options);
  }

  @Test
  void getTaskFactory_noneSet_isNull() {
    assertThat(Tasks.getTaskFactory(loop)).isNull();
  }

  @Test
  void setTaskFactory_anyTask_isMadeByIt() {
    Tasks.setTaskFactory(loop, this::recording);

    manual.run(() -> {
      Asyncio.createTask(Coro.of(() -> {}), TaskOptions.named("plain")).await();
      TaskGroup.run(group -> group.createTask(Coro.of(() -> {}), TaskOptions.named("grouped")));
      Asyncio.gather(() -> 1).await();
    });

    assertThat(events).containsExactly("made null", "made plain", "made grouped", "made null");
  }

  @Test
  void setTaskFactory_null_bringsTheDefaultBack() {
    Tasks.setTaskFactory(loop, this::recording);

    Tasks.setTaskFactory(loop, null);
    manual.run(() -> {});

    assertThat(events).isEmpty();
  }

  @Test
  void eager_bodyWithoutAwait_isDoneWhenItsTaskIsMade() {
    manual.run(() -> {
      Asyncio.setTaskFactory(TaskFactory.EAGER);

      Task<Integer> task = Asyncio.createTask(() -> 5);

      assertThat(task.isDone()).isTrue();
      assertThat(task.result()).isEqualTo(5);
    });
  }

  @Test
  void eager_optionsSayNo_startsInTheNextTick() {
    manual.run(() -> {
      Asyncio.setTaskFactory(TaskFactory.EAGER);

      Task<Integer> task = Asyncio.createTask(() -> 5, new TaskOptions("lazy", null, false));

      assertThat(task.isDone()).isFalse();
    });
  }

  @Test
  void eager_loopNotRunning_startsInTheNextTick() {
    Tasks.setTaskFactory(loop, TaskFactory.EAGER);

    Task<Integer> task = Task.create(loop, () -> 5, TaskOptions.DEFAULT);

    assertThat(task.isDone()).isFalse();
  }
}
