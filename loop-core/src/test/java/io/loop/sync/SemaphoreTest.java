package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class SemaphoreTest {

  private final ManualLoop manual = new ManualLoop();
  private final List<String> through = new ArrayList<>();

  @AfterEach
  void close() {
    manual.close();
  }

  private static void tick() {
    sleep(Duration.ZERO);
  }

  private Task<?> taker(Semaphore semaphore, String name) {
    return createTask(() -> {
      semaphore.acquire();
      through.add(name);
    });
  }

  @Test
  void create_negativeValue_isRefused() {
    assertThatThrownBy(() -> new Semaphore(-1)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void acquire_permitsLeft_doesNotSuspend() {
    manual.run(() -> {
      var semaphore = new Semaphore(2);
      taker(semaphore, "other");

      semaphore.acquire();

      assertThat(through).isEmpty();
      assertThat(semaphore.isLocked()).isFalse();
    });
  }

  @Test
  void release_withWaiters_handsOverInOrder() {
    manual.run(() -> {
      var semaphore = new Semaphore(0);
      for (String name : List.of("a", "b", "c")) {
        taker(semaphore, name);
      }
      tick();

      semaphore.release();
      semaphore.release();
      boolean lockedAtOnce = semaphore.isLocked();
      tick();

      assertThat(lockedAtOnce).isTrue();
      assertThat(through).containsExactly("a", "b");
    });
  }

  @Test
  void acquire_somebodyWaits_doesNotOvertake() {
    manual.run(() -> {
      var semaphore = new Semaphore(0);
      Task<?> first = taker(semaphore, "first");
      tick();

      semaphore.release();
      semaphore.release();
      semaphore.acquire();

      assertThat(first.isDone()).isTrue();
      assertThat(through).containsExactly("first");
    });
  }

  @Test
  void cancel_waiterWithPermitInHand_passesItOn() {
    manual.run(() -> {
      var semaphore = new Semaphore(0);
      Task<?> first = taker(semaphore, "first");
      Task<?> second = taker(semaphore, "second");
      tick();

      semaphore.release();
      first.cancel();
      second.await();

      assertThat(through).containsExactly("second");
      assertThat(semaphore).hasToString("<Semaphore [locked]>");
    });
  }

  @Test
  void with_body_givesThePermitBack() {
    manual.run(() -> {
      var semaphore = new Semaphore();

      boolean lockedInside = semaphore.with(semaphore::isLocked);

      assertThat(lockedInside).isTrue();
      assertThat(semaphore.isLocked()).isFalse();
    });
  }

  @Test
  void hold_closed_givesThePermitBack() {
    manual.run(() -> {
      var semaphore = new Semaphore();

      try (Hold _ = semaphore.hold()) {
        assertThat(semaphore.isLocked()).isTrue();
      }

      assertThat(semaphore.isLocked()).isFalse();
    });
  }

  @Test
  void release_boundedAtItsBound_isRefused() {
    var semaphore = new BoundedSemaphore(1);

    assertThatThrownBy(semaphore::release)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("BoundedSemaphore released too many times");
  }

  @Test
  void release_boundedBelowItsBound_isAllowed() {
    manual.run(() -> {
      var semaphore = new BoundedSemaphore(1);
      semaphore.acquire();

      semaphore.release();

      assertThat(semaphore).hasToString("<BoundedSemaphore [unlocked, value:1]>");
    });
  }
}
