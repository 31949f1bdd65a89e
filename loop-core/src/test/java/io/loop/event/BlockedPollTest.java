package io.loop.event;

import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/// A poll that blocks for a lock before it waits, as handing over to Netty may.
///
/// It waits on the carrier, since a wait on the host is another time in which that is blocked.
final class BlockedPollTest {

  private final Semaphore lock = new Semaphore(0);
  private final AtomicReference<Thread> polling = new AtomicReference<>();
  private final AtomicReference<Thread> waiting = new AtomicReference<>();

  /// Waits as [ParkPoller] does, once it has had the lock.
  private final class LockingPoller implements Poller {
    private final CountDownLatch woken = new CountDownLatch(1);
    private PolledLoop loop;

    @Override
    public void open(PolledLoop opened) {
      loop = opened;
    }

    @Override
    public void poll(long waitNanos) {
      if (waitNanos <= 0) {
        return;
      }
      polling.set(Thread.currentThread());
      lock.acquireUninterruptibly();
      if (loop.mayBlock()) {
        loop.callOnCarrier(this::awaitWakeup);
      }
    }

    private boolean awaitWakeup() {
      waiting.set(Thread.currentThread());
      try {
        return woken.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException interrupted) {
        throw new AssertionError(interrupted);
      }
    }

    @Override
    public void wakeup() {
      woken.countDown();
    }

    @Override
    public long nanoTime() {
      return System.nanoTime();
    }

    @Override
    public void close() {}
  }

  @Test
  void poll_blockedBeforeItsWait_isWokenByALaterSubmission() {
    try (Loop loop = Loop.create(new LockingPoller())) {
      CompletableFuture<Void> other =
          start(() -> {
            while (polling.get() == null || !isWaiting(polling.get())) {
              Thread.onSpinWait();
            }
            lock.release();
            while (waiting.get() == null || !isWaiting(waiting.get())) {
              Thread.onSpinWait();
            }
            loop.callSoonThreadsafe(loop::stop);
          });

      loop.runForever();

      join(other);
      assertThat(waiting.get()).isNotNull();
    }
  }
}
