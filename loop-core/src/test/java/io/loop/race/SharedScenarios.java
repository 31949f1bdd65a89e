package io.loop.race;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.scope.TaskGroup;
import io.loop.sync.QueueShutDownException;
import io.loop.sync.SharedLock;
import io.loop.sync.SharedQueue;
import io.loop.testing.Threads;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// Bodies that use what several loops and threads share. Another thread has its share in a callback
/// that waits for it, so that every run takes the same ticks.
final class SharedScenarios {

  private static final Duration MILLISECOND = Duration.ofMillis(1);

  private SharedScenarios() {}

  /// The victim gets; a thread and another task put. What was put was got, or is left in order.
  static void getter(Ledger ledger) throws Exception {
    var queue = new SharedQueue<Integer>();
    List<Integer> got = new ArrayList<>();
    ledger.atEnd(() -> {
      for (Integer item; (item = left(queue)) != null; ) {
        got.add(item);
      }
      assertThat(got).containsExactlyInAnyOrder(0, 1, 2, 3);
      assertThat(queue.toString()).contains("items=0 getters=0 putters=0");
    });
    createTask(() -> {
      queue.put(0);
      sleep(MILLISECOND);
      queue.put(1);
      onAThread(() -> queue.offer(2));
      sleep(MILLISECOND);
      onAThread(() -> queue.offer(3));
      queue.shutdown();
    });
    try {
      ledger.enter("getting");
      while (true) {
        got.add(queue.get());
      }
    } catch (QueueShutDownException end) {
      assertThat(got).hasSize(4);
    } finally {
      ledger.leave("getting");
    }
  }

  private static Integer left(SharedQueue<Integer> queue) {
    try {
      return queue.poll();
    } catch (QueueShutDownException end) {
      return null;
    }
  }

  private static void onAThread(Runnable action) {
    Loop.running().callSoon(() -> Threads.onThread(action::run));
    sleep(Duration.ZERO);
  }

  /// The victim puts into a queue that is full most of the time. What a put returned for is what
  /// arrives.
  static void putter(Ledger ledger) throws Exception {
    var queue = new SharedQueue<Integer>(1);
    List<Integer> put = new ArrayList<>();
    List<Integer> got = new ArrayList<>();
    ledger.atEnd(() -> assertThat(got).isEqualTo(put));
    ledger.atEnd(() -> assertThat(queue.toString()).contains("items=0 getters=0 putters=0"));
    createTask(() -> {
      try {
        while (true) {
          got.add(queue.get());
          sleep(Duration.ZERO);
        }
      } catch (QueueShutDownException end) {
        assertThat(queue.size()).isZero();
      }
    });
    try {
      ledger.enter("putting");
      for (int i = 0; i < 5; i++) {
        queue.put(i);
        put.add(i);
      }
    } finally {
      ledger.leave("putting");
      queue.shutdown();
    }
  }

  static void lock(Ledger ledger) {
    var lock = new SharedLock();
    int[] inside = new int[1];
    ledger.atEnd(() -> assertThat(lock).hasToString("<SharedLock [unlocked, waiters:0]>"));
    TaskGroup.run(group -> {
      for (int i = 0; i < 3; i++) {
        group.createTask(() -> use(ledger, lock, inside));
      }
      use(ledger, lock, inside);
      onAThread(() -> assertThat(lock.tryAcquire() && released(lock)).isIn(true, false));
      use(ledger, lock, inside);
    });
  }

  private static boolean released(SharedLock lock) {
    lock.release();
    return true;
  }

  private static void use(Ledger ledger, SharedLock lock, int[] inside) throws Exception {
    try (var _ = lock.hold()) {
      try {
        ledger.enter("lock");
        inside[0]++;
        assertThat(inside[0]).as("in the lock").isEqualTo(1);
        sleep(MILLISECOND);
      } finally {
        inside[0]--;
        ledger.leave("lock");
      }
    }
  }
}
