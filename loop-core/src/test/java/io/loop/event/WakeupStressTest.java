package io.loop.event;

import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.Threads;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Producers that pause for any time hand work to a loop that sleeps in between: nothing is lost.
final class WakeupStressTest {

  private static final long RUN_NANOS = 1_500_000_000;

  @Test
  @Tag("slow")
  void callSoonThreadsafe_atAnyMoment_isRunBeforeTheLoopSleepsForEver() {
    try (Loop loop = Loop.create(new ParkPoller())) {
      var sent = new AtomicInteger();
      var ran = new AtomicInteger();
      List<CompletableFuture<Void>> producers = new ArrayList<>();
      long end = System.nanoTime() + RUN_NANOS;
      for (int seed = 0; seed < 3; seed++) {
        var random = new Random(seed);
        producers.add(start(() -> produce(loop, random, end, sent, ran)));
      }
      CompletableFuture<Void> all =
          CompletableFuture.allOf(producers.toArray(CompletableFuture[]::new))
              .thenRun(() -> loop.callSoonThreadsafe(loop::stop));

      loop.runForever();

      Threads.join(all);
      assertThat(ran.get()).isEqualTo(sent.get()).isPositive();
    }
  }

  /// Each item is waited for, so that one lost wake-up stops its producer and the test.
  private static void produce(
      Loop loop, Random random, long end, AtomicInteger sent, AtomicInteger ran) {
    while (System.nanoTime() < end) {
      var item = new CompletableFuture<Void>();
      loop.callSoonThreadsafe(() -> {
        ran.incrementAndGet();
        item.complete(null);
      });
      sent.incrementAndGet();
      Threads.join(item);
      pause(random);
    }
  }

  private static void pause(Random random) {
    switch (random.nextInt(3)) {
      case 0 -> LockSupport.parkNanos(random.nextInt(200_000));
      case 1 -> {
        for (int i = random.nextInt(2_000); i > 0; i--) {
          Thread.onSpinWait();
        }
      }
      default -> {}
    }
  }
}
