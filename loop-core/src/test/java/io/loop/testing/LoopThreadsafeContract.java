package io.loop.testing;

import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Handle;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What other threads hand to a loop, and what they cancel.
abstract class LoopThreadsafeContract extends LoopFixture {

  @Test
  void callSoonThreadsafe_beforeTheRun_runs() {
    onThread(() -> loop.callSoonThreadsafe(logging("ran")));

    runTwoTicks();

    assertThat(log).containsExactly("ran");
  }

  @Test
  void callSoonThreadsafe_onTheLoop_runsInOrderWithTheOthers() {
    loop.callSoon(() -> {
      loop.callSoon(logging("1"));
      loop.callSoonThreadsafe(logging("2"));
      loop.callSoon(logging("3"));
    });

    runTwoTicks();

    assertThat(log).containsExactly("1", "2", "3");
  }

  @Test
  void callSoonThreadsafe_whileTheLoopSleeps_wakesItEachTime() {
    int rounds = 2_000;
    var done = new AtomicInteger();
    CompletableFuture<Void> sender =
        start(() -> {
          for (int i = 1; i <= rounds; i++) {
            loop.callSoonThreadsafe(done::incrementAndGet);
            while (done.get() < i) {
              LockSupport.parkNanos(1_000); // not spinning: the loop may need this very processor
            }
          }
          loop.callSoonThreadsafe(loop::stop);
        });

    loop.runForever();

    join(sender);
    assertThat(done).hasValue(rounds);
  }

  @Test
  @Tag("slow")
  void callSoonThreadsafe_fourThreads_keepsEachSendersOrder() {
    int perSender = 50_000;
    int[] next = new int[4];
    var outOfOrder = new AtomicInteger();
    var left = new AtomicInteger(4 * perSender);
    List<CompletableFuture<Void>> senders = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      int sender = i;
      senders.add(
          start(() -> {
            for (int j = 0; j < perSender; j++) {
              int number = j;
              loop.callSoonThreadsafe(() -> {
                if (next[sender]++ != number) {
                  outOfOrder.incrementAndGet();
                }
                if (left.decrementAndGet() == 0) {
                  loop.stop();
                }
              });
            }
          }));
    }

    loop.runForever();

    senders.forEach(Threads::join);
    assertThat(next).containsOnly(perSender);
    assertThat(outOfOrder).hasValue(0);
  }

  @Test
  void cancel_fromAnotherThreadBeforeItsTurn_doesNotRun() {
    loop.callSoon(() -> onThread(() -> loop.callSoonThreadsafe(logging("cancelled")).cancel()));

    runTwoTicks();
    runTwoTicks();

    assertThat(log).isEmpty();
  }

  @Test
  void cancel_fromAnotherThreadDuringTheCallback_waitsForItsEnd() {
    var canceller = new AtomicReference<Thread>();
    var ended = new AtomicBoolean();
    var endedAtReturn = new AtomicBoolean();
    var running = new CountDownLatch(1);
    Handle handle =
        loop.callSoonThreadsafe(() -> {
          running.countDown();
          while (canceller.get() == null || !isWaiting(canceller.get())) {
            Thread.onSpinWait();
          }
          ended.set(true);
        });
    CompletableFuture<Void> cancelling =
        start(() -> {
          running.await();
          canceller.set(Thread.currentThread());
          handle.cancel();
          endedAtReturn.set(ended.get());
        });

    runTwoTicks();

    join(cancelling);
    assertThat(endedAtReturn).isTrue();
  }

  @Test
  void cancel_sharedHandleByItsOwnCallback_doesNotBlock() {
    var handle = new AtomicReference<Handle>();
    handle.set(loop.callSoonThreadsafe(() -> handle.get().cancel()));

    runTwoTicks();

    assertThat(handle.get().isCancelled()).isTrue();
  }
}
