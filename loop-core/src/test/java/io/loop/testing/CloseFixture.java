package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Droppable;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/// A loop that closes, and what others wait for then.
abstract class CloseFixture extends LoopFixture {

  static final Duration DAY = Duration.ofDays(1);

  /// Runs the loop for a tick or more.
  void runTicks(int ticks) {
    loop.setTicksPerPoll(1, Duration.ofSeconds(1));
    for (int i = 0; i < ticks; i++) {
      loop.stop();
      loop.runForever();
    }
  }

  static Void waitForever() {
    return new LoopFuture<Void>().await();
  }

  static void assertCancelledByTheEnd(CompletableFuture<?> outside) {
    assertThat(outside).isCancelled();
    assertThat(outside.handle((_, thrown) -> thrown).join())
        .isInstanceOf(CancellationException.class)
        .hasMessage("Event loop is closed");
  }

  Droppable droppable(String name) {
    return new Droppable() {
      @Override
      public void run() {
        log.add(name + " ran");
      }

      @Override
      public void dropped() {
        log.add(name);
      }
    };
  }

  /// Hands work of four kinds to a loop until it is closed.
  static void submitUntilRefused(Loop target, Queue<CompletableFuture<?>> given) {
    try {
      for (int i = 0; ; i++) {
        given.add(
            switch (i % 4) {
              case 0 -> runCoroutineThreadsafe(() -> 1, target);
              case 1 -> runCoroutineThreadsafe(CloseFixture::waitForever, target);
              case 2 -> runCoroutineThreadsafe(() -> sleep(TICK, 1), target);
              default ->
                  runCoroutineThreadsafe(
                      () -> given.add(createTask(() -> sleep(DAY, 1)).toCompletableFuture()),
                      target);
            });
        if (i > 100) {
          LockSupport.parkNanos(1_000_000); // enough for the loop
        }
      }
    } catch (IllegalStateException closed) {
      assertThat(closed).hasMessage("Event loop is closed");
    }
  }
}
