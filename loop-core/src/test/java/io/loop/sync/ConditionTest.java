package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ConditionTest {

  private final ManualLoop manual = new ManualLoop();
  private final Lock lock = new Lock();
  private final Condition condition = new Condition(lock);
  private final List<String> woken = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  private Task<?> waiter(String name) {
    return createTask(() ->
        condition.with(() -> {
          condition.await();
          woken.add(name);
        }));
  }

  @Test
  void await_lockFree_isRefused() {
    assertThatThrownBy(condition::await).hasMessage("cannot wait on un-acquired lock");
  }

  @Test
  void signal_lockFree_isRefused() {
    assertThatThrownBy(condition::signal).hasMessage("cannot notify on un-acquired lock");
    assertThatThrownBy(condition::signalAll).hasMessage("cannot notify on un-acquired lock");
  }

  @Test
  void await_signalled_holdsTheLockAgain() {
    manual.run(() -> {
      Task<?> waiter = waiter("a");
      tick();
      boolean freeMeanwhile = !lock.isLocked();

      condition.with(() -> condition.signal());
      waiter.await();

      assertThat(freeMeanwhile).isTrue();
      assertThat(woken).containsExactly("a");
    });
  }

  @Test
  void signal_some_wakesThatManyInOrder() {
    manual.run(() -> {
      for (String name : List.of("a", "b", "c")) {
        waiter(name);
      }
      tick();

      condition.with(() -> condition.signal(2));
      sleep(Duration.ofMillis(1));

      assertThat(woken).containsExactly("a", "b");
      condition.with(condition::signalAll);
      sleep(Duration.ofMillis(1));
      assertThat(woken).containsExactly("a", "b", "c");
    });
  }

  @Test
  void cancel_signalledWaiter_passesTheSignalOn() {
    manual.run(() -> {
      Task<?> first = waiter("first");
      Task<?> second = waiter("second");
      tick();

      condition.with(() -> condition.signal());
      first.cancel();
      second.await();

      assertThat(first.isCancelled()).isTrue();
      assertThat(woken).containsExactly("second");
    });
  }

  @Test
  void cancel_whileTakingTheLockAgain_takesItBeforeItThrows() {
    manual.run(() -> {
      Task<?> waiter = waiter("a");
      tick();
      condition.acquire();
      condition.signal();
      tick();

      waiter.cancel("first");
      tick();
      waiter.cancel("second");
      tick();
      boolean doneBeforeRelease = waiter.isDone();
      condition.release();

      assertThatThrownBy(waiter::await).isInstanceOf(CancelledError.class).hasMessage("second");
      assertThat(doneBeforeRelease).isFalse();
      assertThat(lock.isLocked()).isFalse();
    });
  }

  @Test
  void waitFor_trueAtOnce_needsNoLock() {
    manual.run(() -> condition.waitFor(() -> true));

    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void waitFor_falseAtFirst_asksAfterEachSignal() {
    manual.run(() -> {
      var asked = new ArrayList<Integer>();
      Task<?> waiter =
          createTask(() ->
              condition.with(() ->
                  condition.waitFor(() -> {
                    asked.add(asked.size());
                    return asked.size() == 3;
                  })));
      tick();

      condition.with(() -> condition.signal());
      tick();
      condition.with(() -> condition.signal());
      waiter.await();

      assertThat(asked).hasSize(3);
    });
  }

  @Test
  void signalAll_twoConditionsOnOneLock_wakesItsOwnWaiters() {
    manual.run(() -> {
      var other = new Condition(lock);
      waiter("a");
      tick();

      other.with(other::signalAll);
      sleep(Duration.ofMillis(1));

      assertThat(woken).isEmpty();
    });
  }

  @Test
  void toString_withWaiter_tellsHowMany() {
    manual.run(() -> {
      waiter("a");
      tick();

      assertThat(condition).hasToString("<Condition [unlocked, waiters:1]>");
    });
  }

  @Test
  void await_whenTheLoopCloses_endsThoughItsLockIsHeld() {
    manual.run(() -> {
      createTask(() -> {
        try {
          condition.with(() -> condition.await());
        } finally {
          woken.add("ended");
        }
      });
      tick();
      createTask(() -> lock.with(() -> sleep(Duration.ofDays(1))));
      tick();
    });
    manual.loop().setExceptionHandler((_, _) -> {});

    manual.loop().close();

    assertThat(woken).containsExactly("ended");
  }
}
