package io.loop.event;

import static io.loop.testing.Threads.isWaiting;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.task.LoopFuture;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// An interrupt that nobody reacts to must not keep a thread of ours from waiting.
///
/// Whether a loop's thread still has the flag after a run is the JDK's business: mounting a virtual
/// thread gives its carrier the flag of that.
final class InterruptedThreadsTest {

  private static final long PATIENCE_NANOS = Duration.ofSeconds(30).toNanos();

  /// Counts the polls of a loop that parks.
  private static final class Counting implements Poller {
    private final ParkPoller poller = new ParkPoller();
    private final AtomicInteger polls = new AtomicInteger();

    @Override
    public void open(PolledLoop loop) {
      poller.open(loop);
    }

    @Override
    public boolean needsHost() {
      return poller.needsHost();
    }

    @Override
    public void enter() {
      poller.enter();
    }

    @Override
    public void poll(long waitNanos) {
      polls.incrementAndGet();
      poller.poll(waitNanos);
    }

    @Override
    public void wakeup() {
      poller.wakeup();
    }

    @Override
    public long nanoTime() {
      return poller.nanoTime();
    }

    @Override
    public void close() {
      poller.close();
    }
  }

  @Test
  void loop_idleOnAnInterruptedThread_pollsNoOftenerThanItHasTo() {
    var poller = new Counting();
    Threads.onThread(() -> {
      Thread.currentThread().interrupt();
      try (Loop loop = Loop.create(poller)) {
        loop.callLater(Duration.ofMillis(200), loop::stop);
        loop.runForever();
      }
    });

    assertThat(poller.polls.get()).isLessThan(20);
  }

  @Test
  void manualLoop_withPatienceOnAnInterruptedThread_waits() {
    var thread = new AtomicReference<Thread>();
    var manual = new ManualLoop();
    manual.setPatience(Duration.ofNanos(PATIENCE_NANOS));
    var future = new LoopFuture<String>(manual.loop());
    CompletableFuture<Void> running =
        Threads.start(() -> {
          Thread.currentThread().interrupt();
          thread.set(Thread.currentThread());
          assertThat(manual.run(() -> future.await())).isEqualTo("woken");
          manual.close();
        });

    long giveUp = System.nanoTime() + PATIENCE_NANOS;
    for (int seen = 0; seen < 100 && System.nanoTime() < giveUp; ) { // it may only pass
      seen = thread.get() != null && isWaiting(thread.get()) ? seen + 1 : 0;
      LockSupport.parkNanos(100_000);
    }
    assertThat(isWaiting(thread.get())).isTrue();
    manual.loop().callSoonThreadsafe(() -> future.setResult("woken"));

    Threads.join(running);
  }

  /// {@return the threads that serve all loops of the JVM, as far as the carrier has them}
  private static Stream<Thread> watchers() {
    Asyncio.run(() -> {
      long giveUp = System.nanoTime() + PATIENCE_NANOS;
      do {
        Thread.sleep(1); // who comes back from a blocking call is watched, a little later
      } while (runningWatchers().isEmpty() && System.nanoTime() < giveUp);
      return true;
    });
    return runningWatchers().stream();
  }

  private static List<Thread> runningWatchers() {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> List.of("loop-hold-ups", "loop-rescue").contains(thread.getName()))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("watchers")
  void watcher_interrupted_takesTheInterruptOff(Thread watcher) {
    watcher.interrupt();

    long giveUp = System.nanoTime() + PATIENCE_NANOS;
    while (watcher.isInterrupted() && System.nanoTime() < giveUp) {
      LockSupport.parkNanos(1_000_000);
    }
    assertThat(watcher.isInterrupted()).isFalse();
    assertThat(watcher.isAlive()).isTrue();
  }
}
