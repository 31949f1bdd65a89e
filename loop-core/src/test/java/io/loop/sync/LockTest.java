package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.CancelledError;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LockTest {

  private final ManualLoop manual = new ManualLoop();
  private final Lock lock = new Lock();
  private final List<String> events = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  private Task<?> holder(String name) {
    return createTask(() ->
        lock.with(() -> {
          events.add(name + " in");
          tick();
          events.add(name + " out");
        }));
  }

  @Test
  void acquire_free_doesNotSuspend() {
    manual.run(() -> {
      createTask(() -> events.add("other"));

      lock.acquire();

      assertThat(events).isEmpty();
      assertThat(lock.isLocked()).isTrue();
    });
  }

  @Test
  void acquire_taken_waitsInOrderOfArrival() {
    manual.run(() -> {
      for (String name : List.of("a", "b", "c")) {
        holder(name);
      }
    });
    manual.runUntilIdle();

    assertThat(events).containsExactly("a in", "a out", "b in", "b out", "c in", "c out");
  }

  @Test
  void acquire_releasedButWaiterHasNotRun_queuesBehindIt() {
    manual.run(() -> {
      lock.acquire();
      Task<?> waiter = holder("waiter");
      tick();

      lock.release();
      boolean freeMeanwhile = !lock.isLocked();
      lock.acquire();

      assertThat(freeMeanwhile).isTrue();
      assertThat(waiter.isDone()).isTrue();
    });
  }

  @Test
  void release_free_isRefused() {
    assertThatThrownBy(lock::release)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Lock is not acquired.");
  }

  @Test
  void cancel_wokenWaiter_passesTheLockOn() {
    manual.run(() -> {
      lock.acquire();
      Task<?> first = holder("first");
      Task<?> second = holder("second");
      tick();

      lock.release();
      first.cancel();
      second.await();

      assertThat(first.isCancelled()).isTrue();
      assertThat(events).containsExactly("second in", "second out");
    });
  }

  @Test
  void cancel_queuedWaiter_leavesTheOthersInLine() {
    manual.run(() -> {
      lock.acquire();
      Task<?> first = holder("first");
      Task<?> second = holder("second");
      tick();

      first.cancel();
      tick();
      lock.release();
      second.await();

      assertThat(events).containsExactly("second in", "second out");
    });
  }

  @Test
  void with_bodyFails_releasesAndThrowsTheVeryException() {
    var fault = new IOException("gone");

    manual.run(() -> {
      assertThatThrownBy(() ->
              lock.with(() -> {
                throw fault;
              }))
          .isSameAs(fault);
      assertThat(lock.isLocked()).isFalse();
    });
  }

  @Test
  void with_bodyHasResult_returnsIt() {
    int result = manual.run(() -> lock.with(() -> 7));

    assertThat(result).isEqualTo(7);
  }

  @Test
  void with_cancelledWhileWaiting_doesNotRunTheBody() {
    manual.run(() -> {
      lock.acquire();
      Task<?> waiter = holder("waiter");
      tick();

      waiter.cancel();

      assertThatThrownBy(waiter::await).isInstanceOf(CancelledError.class);
      assertThat(events).isEmpty();
      assertThat(lock.isLocked()).isTrue();
    });
  }

  @Test
  void hold_closedTwice_releasesOnce() {
    manual.run(() -> {
      Hold hold = lock.hold();
      hold.close();
      lock.acquire();

      hold.close();

      assertThat(lock.isLocked()).isTrue();
    });
  }

  @Test
  void toString_takenWithWaiter_tellsBoth() {
    manual.run(() -> {
      assertThat(lock).hasToString("<Lock [unlocked]>");
      lock.acquire();
      holder("waiter");
      tick();

      assertThat(lock).hasToString("<Lock [locked, waiters:1]>");
      lock.release();
    });
  }
}
