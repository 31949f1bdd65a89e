package io.loop.event;

import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.Threads;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

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

  @Test
  void poll_interrupted_returnsOnceAndKeepsTheInterrupt() {
    var thread = new AtomicReference<Thread>();
    var interrupted = new AtomicReference<Boolean>();
    CompletableFuture<Void> polling =
        start(() -> {
          poller.enter();
          thread.set(Thread.currentThread());
          poller.poll(Long.MAX_VALUE);
          interrupted.set(Thread.currentThread().isInterrupted());
          poller.poll(1); // the same interrupt does not keep it from waiting again
        });
    awaitWaiting(thread);

    thread.get().interrupt();

    Threads.join(polling);
    assertThat(interrupted.get()).isTrue();
  }
}
