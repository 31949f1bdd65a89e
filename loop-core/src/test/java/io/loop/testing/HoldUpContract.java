package io.loop.testing;

import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Unwinding;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A loop that stands still says so, and who holds what it waits for. A test class for a kind of
/// loop extends this and says how to run one.
public abstract class HoldUpContract extends HoldUpFixture {

  /// The lock is taken from the callback by an interrupt.
  @ParameterizedTest
  @MethodSource("locks")
  void report_lockHeldOverAnAwait_namesTheTaskAndTheMend(Lock lock) {
    run(() -> {
      Loop loop = Loop.running();
      var letGo = new LoopFuture<Void>(loop);
      Task<Void> holder =
          named(
              "holder",
              () -> {
                lock.lock();
                try {
                  letGo.await();
                } finally {
                  lock.unlock();
                }
              });
      sleep(Duration.ZERO);
      var callback = new NamedCallback(() -> lockInterruptibly(lock));
      loop.callSoon(callback);
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            callback.thread().interrupt();
          });
      sleep(Duration.ofMillis(1));
      letGo.setResult(null);
      holder.await();
      join(observer);
    });

    assertThat(reports(1).getFirst())
        .contains(REPORT)
        .contains("runs: the callback of the test")
        .containsPattern("waits for: java.util.concurrent.locks.Reentrant\\w*Lock\\$\\w+@")
        .containsPattern("held by: <Task pending name='holder' .*, suspended\n")
        .containsPattern("at .*HoldUpContract")
        .contains(mend())
        .contains("stack of the thread");
    assertThat(ends(1)).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("monitors")
  void report_monitorHeldOverAnAwait_namesTheTaskAndTheMend(LockKind monitor) {
    var ran = new AtomicBoolean();
    run(() -> {
      Loop loop = Loop.running();
      if (!loop.hasHost()) {
        return; // nothing could end this
      }
      ran.set(true);
      Task<Void> holder =
          named("holder", () -> monitor.within(() -> new LoopFuture<Void>(loop).await()));
      sleep(Duration.ZERO);
      loop.callSoon(new NamedCallback(() -> monitor.within(() -> {})));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            Unwinding.unwind(holder);
          });
      sleep(Duration.ofMillis(1));
      join(observer);
    });

    if (ran.get()) {
      assertThat(reports(1).getFirst())
          .containsPattern("waits for: the monitor of java\\.\\S+@")
          .containsPattern("held by: <Task pending name='holder' .*, suspended\n")
          .contains(mend());
    }
  }

  @ParameterizedTest
  @MethodSource("monitors")
  void report_monitorHeldInABlockingCall_namesTheTask(LockKind monitor) {
    var letGo = new CountDownLatch(1);
    run(() -> {
      var held = new AtomicBoolean();
      Task<Void> holder =
          named(
              "holder",
              () ->
                  monitor.within(() -> {
                    held.set(true);
                    await(letGo);
                  }));
      until(held::get);
      Loop.running().callSoon(new NamedCallback(() -> monitor.within(() -> {})));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            letGo.countDown();
          });
      holder.await();
      join(observer);
    });

    assertThat(reports(1).getFirst())
        .containsPattern("waits for: the monitor of java\\.\\S+@")
        .containsPattern("held by: <Task pending name='holder' .*, in a blocking call\n")
        .doesNotContain("Release the lock");
    assertThat(ends(1)).hasSize(1);
  }

  /// The holder comes out of a blocking call, and then needs the loop while it has the lock.
  @Test
  void report_holderComesBackAndNeedsTheLoop_namesTheTaskAndTheMend() {
    var lock = new ReentrantLock();
    var letGo = new CountDownLatch(1);
    run(() -> {
      var held = new AtomicBoolean();
      Task<Void> holder =
          named(
              "holder",
              () -> {
                lock.lock();
                try {
                  held.set(true);
                  await(letGo);
                  sleep(Duration.ofMillis(1));
                } finally {
                  lock.unlock();
                }
              });
      until(held::get);
      var callback = new NamedCallback(() -> lockInterruptibly(lock));
      Loop.running().callSoon(callback);
      CompletableFuture<Void> observer =
          start(() -> {
            awaitThat(() -> isWaiting(callback.thread()));
            letGo.countDown();
            awaitThat(() -> log.messages().stream().anyMatch(text -> text.contains(", suspended")));
            callback.thread().interrupt();
          });
      holder.await();
      join(observer);
    });

    assertThat(reports(1).getLast())
        .containsPattern("held by: <Task pending name='holder' .*, suspended\n")
        .contains(mend());
  }

  @Test
  void report_lockHeldByAnotherThread_namesTheThread() {
    var lock = new ReentrantLock();
    var held = new CountDownLatch(1);
    var letGo = new CountDownLatch(1);
    Thread other =
        Thread.ofVirtual()
            .name("the other thread")
            .start(() -> {
              lock.lock();
              try {
                held.countDown();
                await(letGo);
              } finally {
                lock.unlock();
              }
            });
    await(held);

    holdUpUntilReported(() -> within(lock), letGo);

    assertThat(reports(1).getFirst())
        .contains("held by: the thread #" + other.threadId() + " \"the other thread\"")
        .doesNotContain("Release the lock");
  }

  /// A semaphore has no owner.
  @Test
  void report_semaphore_namesTheSuspendedTasksThatHoldMonitors() {
    var semaphore = new Semaphore(0);
    var monitor = new Object();
    run(() -> {
      Loop loop = Loop.running();
      var letGo = new LoopFuture<Void>(loop);
      Task<Void> keeper =
          named(
              "keeper",
              () -> {
                synchronized (monitor) {
                  letGo.await();
                }
              });
      Task<Void> bystander = named("bystander", letGo::await);
      sleep(Duration.ZERO);
      loop.callSoon(new NamedCallback(semaphore::acquireUninterruptibly));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            semaphore.release();
          });
      sleep(Duration.ofMillis(1));
      letGo.setResult(null);
      keeper.await();
      bystander.await();
      join(observer);
    });

    assertThat(reports(1).getFirst())
        .containsPattern("waits for: java.util.concurrent.Semaphore\\$\\w+@")
        .doesNotContain("held by")
        .containsPattern("\n  java.lang.Object@\\w+: <Task pending name='keeper'")
        .doesNotContain("bystander");
  }

  /// Then the report comes where no logger is needed, and once more when the logger is free.
  @Test
  void report_theLoggersOwnLockIsHeld_isPrintedAndThenLogged() {
    var lock = new ReentrantLock();
    var letGo = new CountDownLatch(1);
    try (var _ = log.within(() -> within(lock))) {
      run(() -> {
        var held = new AtomicBoolean();
        Task<Void> holder =
            named(
                "holder",
                () -> {
                  lock.lock();
                  try {
                    held.set(true);
                    await(letGo);
                  } finally {
                    lock.unlock();
                  }
                });
        until(held::get);
        Loop.running()
            .callSoon(
                new NamedCallback(
                    () -> System.getLogger("io.loop").log(System.Logger.Level.INFO, "a line")));
        CompletableFuture<Void> observer =
            start(() -> {
              awaitThat(() -> limit.printed().contains("held up too"));
              letGo.countDown();
            });
        holder.await();
        join(observer);
      });
    }

    assertThat(limit.printed()).contains(REPORT).contains("name='holder'");
    assertThat(reports(1).getFirst()).contains("name='holder'");
    assertThat(ends(1)).hasSize(1);
  }

  @Test
  void report_callbackComputesForLong_isNotMade() {
    run(() -> {
      Loop loop = Loop.running();
      Runnable computes =
          () -> {
            long end = System.nanoTime() + 5 * LIMIT.toNanos();
            while (System.nanoTime() - end < 0) {
              Thread.onSpinWait();
            }
          };
      loop.callSoon(computes::run);
      sleep(Duration.ofMillis(1));
      computes.run(); // and a task
      sleep(LIMIT.multipliedBy(5)); // and an idle loop
    });

    assertThat(log.messages()).isEmpty();
  }

  @Test
  void report_holdUpThatLasts_isMadeAgainAtGrowingDistances() {
    var latch = new CountDownLatch(1);
    var nanos = new AtomicLong();

    run(() -> {
      Loop.running()
          .callSoon(
              new NamedCallback(() -> {
                long begin = System.nanoTime();
                await(latch);
                nanos.set(System.nanoTime() - begin);
              }));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(2);
            latch.countDown();
          });
      sleep(Duration.ofMillis(1));
      join(observer);
    });

    ends(1);
    assertThat(log.messages())
        .hasSize(3)
        .last()
        .asString()
        .matches("An event loop that was held up continues, after \\d+ s");
    assertThat(nanos).hasValueGreaterThanOrEqualTo(LIMIT.multipliedBy(10).toNanos());
  }

  @Test
  void report_loopIsCollectedAfterwards_itsEndIsTold() {
    var latch = new CountDownLatch(1);

    run(() -> {
      Loop.running().callSoon(new NamedCallback(() -> await(latch)));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            limit.set(LIMIT.multipliedBy(20)); // nobody looks for some time
            latch.countDown();
          });
      sleep(Duration.ofMillis(1));
      join(observer);
    });
    for (int i = 0; i < 5; i++) {
      System.gc();
    }

    assertThat(ends(1)).hasSize(1);
  }

  @Test
  void report_inDebugMode_tellsWhereTheCallbackWasMade() {
    var latch = new CountDownLatch(1);

    run(() -> {
      Loop loop = Loop.running();
      boolean before = loop.isDebug();
      loop.setDebug(true);
      loop.callSoon(new NamedCallback(() -> await(latch)));
      loop.setDebug(before);
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            latch.countDown();
          });
      sleep(Duration.ofMillis(1));
      join(observer);
    });

    assertThat(reports(1).getFirst())
        .contains("runs: the callback of the test, created at HoldUpContract.java:");
  }

  @Test
  void report_tooManyTasks_saysThatTheHolderWasNotLookedFor() {
    var latch = new CountDownLatch(1);

    run(() -> {
      Loop loop = Loop.running();
      var letGo = new LoopFuture<Void>(loop);
      var tasks = new ArrayList<Task<Void>>();
      for (int i = 0; i <= 10_000; i++) {
        tasks.add(named("", letGo::await));
      }
      loop.callSoon(new NamedCallback(() -> await(latch)));
      CompletableFuture<Void> observer =
          start(() -> {
            reports(1);
            latch.countDown();
          });
      sleep(Duration.ofMillis(1));
      tasks.forEach(LoopFuture::cancel); // those that have not started never do
      join(observer);
    });

    assertThat(reports(1).getFirst())
        .contains("no thread dump was taken to look for the holder: there are 1000");
  }
}
