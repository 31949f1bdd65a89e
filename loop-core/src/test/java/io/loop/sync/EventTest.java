package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class EventTest {

  private final ManualLoop manual = new ManualLoop();
  private final Event event = new Event();
  private final List<String> woken = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private Task<?> waiter(String name) {
    return createTask(() -> {
      event.await();
      woken.add(name);
    });
  }

  @Test
  void await_set_doesNotSuspend() {
    manual.run(() -> {
      event.set();
      waiter("other");

      event.await();

      assertThat(woken).isEmpty();
    });
  }

  @Test
  void set_withWaiters_wakesThemInOrder() {
    manual.run(() -> {
      waiter("a");
      Task<?> last = waiter("b");
      sleep(Duration.ZERO);

      event.set();
      last.await();

      assertThat(woken).containsExactly("a", "b");
    });
  }

  @Test
  void set_clearedBeforeWaitersRun_theyGoOnAllTheSame() {
    manual.run(() -> {
      Task<?> waiter = waiter("a");
      sleep(Duration.ZERO);

      event.set();
      event.clear();
      waiter.await();

      assertThat(event.isSet()).isFalse();
    });
  }

  @Test
  void set_twiceBeforeWaitersRun_wakesEachOnce() {
    manual.run(() -> {
      Task<?> waiter = waiter("a");
      sleep(Duration.ZERO);

      event.set();
      event.clear();
      event.set();
      waiter.await();

      assertThat(woken).containsExactly("a");
    });
  }

  @Test
  void cancel_waiter_leavesTheLine() {
    manual.run(() -> {
      Task<?> cancelled = waiter("a");
      sleep(Duration.ZERO);

      cancelled.cancel();
      sleep(Duration.ZERO);

      assertThat(event).hasToString("<Event [unset]>");
    });
  }

  @Test
  void toString_withWaiter_tellsHowMany() {
    manual.run(() -> {
      waiter("a");
      sleep(Duration.ZERO);

      assertThat(event).hasToString("<Event [unset, waiters:1]>");
      event.set();
    });
  }
}
