package io.loop.event;

import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.Threads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ParkPollerTest {

  private final ParkPoller poller = new ParkPoller();

  /// Polls without limit, on a thread of its own.
  private CompletableFuture<Void> pollForEver(AtomicReference<Thread> thread, Runnable before) {
    return start(() -> {
      poller.enter();
      before.run();
      thread.set(Thread.currentThread());
      poller.poll(Long.MAX_VALUE);
    });
  }

  private static void awaitWaiting(AtomicReference<Thread> thread) {
    while (thread.get() == null || !isWaiting(thread.get())) {
      Thread.onSpinWait();
    }
  }

  @Test
  void wakeup_duringAWait_endsIt() {
    var thread = new AtomicReference<Thread>();
    CompletableFuture<Void> polling = pollForEver(thread, () -> {});
    awaitWaiting(thread);

    poller.wakeup();

    Threads.join(polling);
  }

  @Test
  void wakeup_beforeTheFirstWait_endsIt() {
    CompletableFuture<Void> polling = pollForEver(new AtomicReference<>(), poller::wakeup);

    Threads.join(polling);

    assertThat(polling).isCompleted();
  }

  @Test
  void wakeup_afterTheLoopMovedToAnotherThread_wakesThatOne() {
    Threads.join(pollForEver(new AtomicReference<>(), poller::wakeup));
    var thread = new AtomicReference<Thread>();
    CompletableFuture<Void> polling = pollForEver(thread, () -> {});
    awaitWaiting(thread);

    poller.wakeup();

    Threads.join(polling);
  }

  @Test
  void poll_withoutTime_returnsAtOnce() {
    poller.poll(0);
    poller.poll(-1);

    assertThat(poller.nanoTime()).isLessThanOrEqualTo(poller.nanoTime());
  }

  /// Polls twice on an interrupted thread: the first poll returns at once, the second has to wait.
  private CompletableFuture<Void> pollTwiceInterrupted(
      AtomicReference<Thread> thread, long waitNanos) {
    return start(() -> {
      poller.enter();
      Thread.currentThread().interrupt();
      poller.poll(waitNanos);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
      thread.set(Thread.currentThread());
      poller.poll(waitNanos);
      assertThat(Thread.currentThread().isInterrupted()).isTrue();
    });
  }

  @ParameterizedTest
  @ValueSource(longs = {Long.MAX_VALUE, 3_600_000_000_000L})
  void poll_interrupted_waitsAgainAndKeepsTheInterrupt(long waitNanos) {
    var thread = new AtomicReference<Thread>();
    CompletableFuture<Void> polling = pollTwiceInterrupted(thread, waitNanos);
    for (int seen = 0; seen < 100 && !polling.isDone(); ) { // it may only pass
      seen = thread.get() != null && isWaiting(thread.get()) ? seen + 1 : 0;
      Thread.onSpinWait();
    }
    assertThat(polling).isNotDone();

    poller.wakeup();

    Threads.join(polling);
  }

  @Test
  void poll_interruptedDuringAWait_returnsAndKeepsTheInterrupt() {
    var thread = new AtomicReference<Thread>();
    CompletableFuture<Void> polling =
        start(() -> {
          poller.enter();
          thread.set(Thread.currentThread());
          poller.poll(Long.MAX_VALUE);
          assertThat(Thread.currentThread().isInterrupted()).isTrue();
        });
    awaitWaiting(thread);

    thread.get().interrupt();

    Threads.join(polling);
  }

  /// Somebody else's unpark is no wake-up.
  @Test
  void poll_withAPermitLeftOver_waits() {
    Threads.onThread(() -> {
      poller.enter();
      LockSupport.unpark(Thread.currentThread());
      long begin = poller.nanoTime();

      poller.poll(50_000_000);

      assertThat(poller.nanoTime() - begin).isGreaterThanOrEqualTo(50_000_000);
    });
  }
}
