package io.loop.sync;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// What all primitives have in common: which loop they belong to.
final class LoopBindingTest {

  private static Arguments waitOn(Object primitive, Coro.Action wait) {
    return Arguments.of(primitive, wait);
  }

  static Stream<Arguments> waits() {
    var lock = new Lock();
    var event = new Event();
    var semaphore = new Semaphore(0);
    var empty = new Queue<Integer>();
    var full = new Queue<Integer>(1);
    var condition = new Condition();
    return Stream.of(
        waitOn(
            lock,
            () -> {
              if (!lock.isLocked()) {
                lock.acquire();
              }
              lock.acquire();
            }),
        waitOn(event, event::await),
        waitOn(semaphore, semaphore::acquire),
        waitOn(empty, empty::get),
        waitOn(
            full,
            () -> {
              if (full.isEmpty()) {
                full.putNowait(1);
              }
              full.put(2);
            }),
        waitOn(
            condition,
            () -> {
              if (!condition.isLocked()) {
                condition.acquire();
              }
              try {
                condition.await();
              } finally {
                condition.release(); // the other task needs it, to get out of its await
              }
            }));
  }

  @ParameterizedTest
  @MethodSource("waits")
  void wait_afterWaitOnAnotherLoop_isRefused(Object primitive, Coro.Action wait) {
    try (var one = new ManualLoop();
        var other = new ManualLoop()) {
      one.run(() -> {
        createTask(wait);
        sleep(Duration.ZERO);
      });

      assertThatThrownBy(() -> other.run(wait))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("<" + primitive.getClass().getSimpleName())
          .hasMessageEndingWith(" is bound to a different event loop");
    }
  }

  @Test
  void acquire_uncontendedOnTwoLoops_isAllowed() {
    var lock = new Lock();

    for (int i = 0; i < 2; i++) {
      try (var manual = new ManualLoop()) {
        manual.run(() -> lock.with(() -> {}));
      }
    }

    assertThat(lock.isLocked()).isFalse();
  }

  @Test
  void acquire_afterBlockingCall_hasItsTurn() {
    var lock = new Lock();
    try (var manual = new ManualLoop()) {
      manual.setPatience(Duration.ofSeconds(30));

      boolean onLoop =
          manual.run(() -> {
            Thread.sleep(5);
            lock.acquire();
            return manual.loop().isOnLoop();
          });

      manual.setPatience(Duration.ZERO);
      assertThat(onLoop).isTrue();
    }
  }

  @Test
  void wait_outsideALoop_isRefused() {
    var event = new Event();

    assertThatThrownBy(event::await).isInstanceOf(IllegalStateException.class);

    assertThat(Loop.runningOrNull()).isNull();
    assertThat(event).hasToString("<Event [unset]>");
  }
}
