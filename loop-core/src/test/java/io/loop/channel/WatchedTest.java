package io.loop.channel;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WatchedTest {

  private final ManualLoop manual = new ManualLoop();
  private final Watched<Integer> watched = new Watched<>(0);

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  @Test
  void changed_severalChanges_seesTheLast() {
    manual.run(() -> {
      Watcher<Integer> watcher = watched.watch();
      boolean before = watcher.hasChanged();
      watched.set(1);
      watched.update(value -> value + 1);

      int latest = watcher.changed();

      assertThat(before).isFalse();
      assertThat(latest).isEqualTo(2);
      assertThat(watcher.hasChanged()).isFalse();
    });
  }

  @Test
  void changed_nothingNew_waits() {
    manual.run(() -> {
      Watcher<Integer> watcher = watched.watch();
      Task<Integer> one = createTask(watcher::changed);
      Task<Integer> two = createTask(watched.watch()::changed);
      tick();
      boolean doneBefore = one.isDone();

      watched.set(7);

      assertThat(doneBefore).isFalse();
      assertThat(one.await()).isEqualTo(7);
      assertThat(two.await()).isEqualTo(7);
    });
  }

  @Test
  void cancel_withTheChangeOnItsWay_doesNotCountAsSeen() {
    manual.run(() -> {
      Watcher<Integer> watcher = watched.watch();
      Task<Integer> waiting = createTask(watcher::changed);
      tick();

      watched.set(1);
      waiting.cancel();
      tick();

      assertThat(waiting.isCancelled()).isTrue();
      assertThat(watcher.changed()).isEqualTo(1);
    });
  }

  @Test
  void close_whileTasksWait_endsThem() {
    manual.run(() -> {
      Watcher<Integer> watcher = watched.watch();
      Task<Integer> waiting = createTask(watcher::changed);
      Watcher<Integer> behind = watched.watch();
      tick();

      watched.close();
      tick();

      assertThatThrownBy(waiting::await).isInstanceOf(EndOfChannelException.class);
      assertThatThrownBy(behind::changed).isInstanceOf(EndOfChannelException.class);
      assertThatThrownBy(() -> watched.set(1)).isInstanceOf(IllegalStateException.class);
      assertThat(watcher.get()).isZero();
    });
  }

  @Test
  void close_lastChangeUnseen_isSeenFirst() {
    manual.run(() -> {
      Watcher<Integer> watcher = watched.watch();
      watched.set(1);
      watched.close();

      assertThat(watcher.changed()).isEqualTo(1);
      assertThatThrownBy(watcher::changed).isInstanceOf(EndOfChannelException.class);
    });
  }

  @Test
  void waitFor_condition_waitsUntilItHolds() {
    manual.run(() -> {
      Watcher<Integer> watcher = watched.watch();
      Task<Integer> waiting = createTask(() -> watcher.waitFor(value -> value >= 2));
      for (int i = 1; i <= 3; i++) {
        tick();
        watched.set(i);
        tick();
      }

      assertThat(waiting.await()).isEqualTo(2);
      assertThat(watched.watch().waitFor(value -> value == 3)).isEqualTo(3);
    });
  }
}
