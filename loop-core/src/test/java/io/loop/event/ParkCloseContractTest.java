package io.loop.event;

import static io.loop.Asyncio.runCoroutineThreadsafe;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.CloseContract;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

final class ParkCloseContractTest extends CloseContract {

  @Override
  protected Loop newLoop() {
    return Loop.create(new ParkPoller());
  }

  /// A body that does not end at an interrupt goes on without its loop; nobody waits for it any
  /// more.
  @Test
  @Tag("slow")
  void close_bodyInABlockingCallThatDoesNotEnd_cancelsItsFuture() {
    var end = new CountDownLatch(1);
    var started = new AtomicReference<Thread>();
    CompletableFuture<Boolean> outside;
    try (Loop loop = newLoop()) {
      loop.setExceptionHandler((_, _) -> {});
      outside =
          runCoroutineThreadsafe(
              () -> {
                started.set(Thread.currentThread());
                while (end.getCount() > 0) {
                  LockSupport.parkNanos(1_000_000);
                  Thread.interrupted();
                }
                return true;
              },
              loop);
      while (started.get() == null) {
        loop.stop();
        loop.runForever();
      }
    }

    assertThat(outside).isCancelled();
    end.countDown();
  }
}
