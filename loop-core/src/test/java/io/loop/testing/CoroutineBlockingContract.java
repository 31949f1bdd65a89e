package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.gather;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.coroutine.Coroutine;
import io.loop.task.Coro;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.TaskOptions;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// Coroutines that block, as in locks, monitors and calls of the JDK, and the loop that runs on.
abstract class CoroutineBlockingContract extends LoopFixture {

  @Test
  void threadSleep_inACoroutine_leavesTheLoopToTheOthers() {
    run(() -> {
      var othersRan = new AtomicBoolean();
      Task<Void> sleeper =
          createTask(() -> {
            do { // in one piece it would have to be longer than any pause of the machine
              Thread.sleep(5);
            } while (!othersRan.get());
            log.add("slept");
          });
      for (int i = 0; i < 3; i++) {
        sleep(TICK);
      }
      log.add("others");
      othersRan.set(true);
      sleeper.await();
    });

    assertThat(log).containsExactly("others", "slept");
  }

  @Test
  void latch_inACoroutine_isReleasedByAnother() {
    run(() -> {
      letOthersRunMeanwhile(logging("callback"));
      log.add("coroutine");
      sleep(TICK);
      log.add("awaits again");
    });

    assertThat(log).containsExactly("callback", "coroutine", "awaits again");
  }

  @Test
  @Tag("slow")
  void blockedCoroutines_comingBackAtAnyTime_settleTheirFuturesInTurn() {
    var random = new Random(7);
    int pairs = 20;
    int rounds = Coroutine.isPortable() ? 15 : 50; // there the loop waits for each that blocks
    List<Task<?>> tasks = new ArrayList<>();

    run(() -> {
      for (int i = 0; i < pairs; i++) {
        List<LoopFuture<Integer>> futures = new ArrayList<>();
        for (int round = 0; round < rounds; round++) {
          futures.add(new LoopFuture<>());
        }
        int micros = 1 + random.nextInt(3_000);
        tasks.add(
            createTask(() -> {
              for (LoopFuture<Integer> future : futures) {
                Thread.sleep(Duration.ofNanos(micros * 1_000L));
                future.setResult(micros);
              }
            }));
        tasks.add(
            createTask(() -> {
              for (LoopFuture<Integer> future : futures) {
                assertThat(future.await()).isEqualTo(micros);
              }
            }));
      }
      gather(tasks).await();
    });

    assertThat(tasks).hasSize(2 * pairs).allMatch(Task::isDone);
    assertThat(reports).isEmpty();
  }

  @Test
  void reentrantLock_heldOverAnAwait_keepsAnotherCoroutineOut() {
    var lock = new ReentrantLock();

    run(() -> gather(locking("a", lock), locking("b", lock)).await());

    assertThat(log).containsExactly("a in", "a out", "b in", "b out");
  }

  private Coro<Void> locking(String name, ReentrantLock lock) {
    return Coro.of(() -> {
      lock.lock();
      try {
        log.add(name + " in");
        sleep(TICK);
        sleep(MILLI);
        log.add(name + " out");
      } finally {
        lock.unlock();
      }
    });
  }

  @Test
  void synchronized_heldOverAnAwait_keepsAnotherCoroutineOut() {
    var monitor = new Object();

    run(() -> gather(synchronizing("a", monitor), synchronizing("b", monitor)).await());

    assertThat(log).containsExactly("a in", "a out", "b in", "b out");
  }

  private Coro<Void> synchronizing(String name, Object monitor) {
    return Coro.of(() -> {
      synchronized (monitor) {
        log.add(name + " in");
        sleep(TICK);
        sleep(MILLI);
        log.add(name + " out");
      }
    });
  }

  @Test
  @SuppressWarnings("LockNotBeforeTry") // held on purpose until others queue for it
  void reentrantLock_heldByAForeignThread_isWaitedForWhileTheLoopRunsOn() {
    var lock = new ReentrantLock();
    var held = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    CompletableFuture<Void> holder =
        start(() -> {
          lock.lock();
          held.countDown();
          release.await();
          log.add("released");
          lock.unlock();
        });

    run(() -> {
      held.await();
      Task<Void> waiter = createTask(locking("coroutine", lock));
      until(lock::hasQueuedThreads);
      release.countDown();
      waiter.await();
    });

    join(holder);
    assertThat(log).containsExactly("released", "coroutine in", "coroutine out");
  }

  @Test
  void synchronized_heldByAForeignThread_isWaitedForWhileTheLoopRunsOn() {
    var monitor = new Object();
    var held = new CountDownLatch(1);
    var release = new CountDownLatch(1);
    CompletableFuture<Void> holder =
        start(() -> {
          synchronized (monitor) {
            held.countDown();
            release.await();
            log.add("released");
          }
        });

    run(() -> {
      held.await();
      var thread = new AtomicReference<Thread>();
      Coro<Void> body = synchronizing("coroutine", monitor);
      Task<Void> waiter =
          createTask(() -> {
            thread.set(Thread.currentThread());
            return body.run();
          });
      until(() -> thread.get() != null && isWaiting(thread.get()));
      release.countDown();
      waiter.await();
    });

    join(holder);
    assertThat(log).containsExactly("released", "coroutine in", "coroutine out");
  }

  @Test
  void socketRead_inACoroutine_leavesTheLoopToTheOthers() throws IOException {
    try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        var near = new Socket(server.getInetAddress(), server.getLocalPort());
        var far = server.accept()) {
      InputStream in = near.getInputStream();

      run(() -> {
        Task<Integer> reader = createTask(() -> in.read());
        for (int i = 0; i < 3; i++) {
          sleep(TICK);
        }
        log.add("others");
        far.getOutputStream().write(42);
        log.add("read " + reader.await());
      });
    }

    assertThat(log).containsExactly("others", "read 42");
  }

  @Test
  @SuppressWarnings("ThreadPriorityCheck") // what a body might do
  void threadYield_inACoroutine_comesBack() {
    run(() -> {
      for (int i = 0; i < 100; i++) {
        Thread.yield();
      }
      sleep(TICK);
      Thread.yield();
      log.add("back");
    });

    assertThat(log).containsExactly("back");
  }

  @Test
  void unpark_ofASuspendedCoroutine_doesNotWakeIt() {
    run(() -> {
      var future = new LoopFuture<String>();
      var thread = new AtomicReference<Thread>();
      Task<Void> waiter =
          createTask(() -> {
            thread.set(Thread.currentThread());
            log.add(future.await());
            sleep(TICK);
            log.add("slept");
          });
      until(() -> thread.get() != null);
      LockSupport.unpark(thread.get());
      onThread(() -> LockSupport.unpark(thread.get()));
      sleep(TICK);
      sleep(MILLI);
      log.add("still waits");
      future.setResult("value");
      waiter.await();
    });

    assertThat(log).containsExactly("still waits", "value", "slept");
  }

  @Test
  void interrupt_ofASuspendedCoroutine_isSeenByItsNextBlockingCallOnly() {
    run(() -> {
      var future = new LoopFuture<String>();
      var thread = new AtomicReference<Thread>();
      Task<Void> waiter =
          createTask(() -> {
            thread.set(Thread.currentThread());
            log.add(future.await());
            sleep(TICK);
            assertThatThrownBy(() -> Thread.sleep(1)).isInstanceOf(InterruptedException.class);
            Thread.sleep(1);
            log.add("slept");
          });
      until(() -> thread.get() != null);
      thread.get().interrupt();
      sleep(TICK);
      sleep(MILLI);
      log.add("still waits");
      future.setResult("value");
      waiter.await();
    });

    assertThat(log).containsExactly("still waits", "value", "slept");
  }

  /// A body that starts eagerly is mounted while its maker holds a monitor: see decision D27.
  @Test
  void eagerTask_madeByACallbackThatHoldsAMonitor_leavesItTheCallbacks() {
    var monitor = new Object();

    run(() -> {
      loop.callSoon(() -> {
        synchronized (monitor) {
          Task<Void> _ =
              Task.create(
                  loop,
                  Coro.of(() -> {
                    log.add("body");
                    Thread.sleep(1);
                    sleep(TICK);
                  }),
                  TaskOptions.DEFAULT.withEagerStart());
          log.add(Thread.holdsLock(monitor) ? "held" : "lost");
        }
        log.add(Thread.holdsLock(monitor) ? "left behind" : "free");
      });
      until(() -> log.contains("free") || log.contains("left behind"));
    });

    assertThat(log).containsExactly("body", "held", "free");
    onThread(() -> {
      synchronized (monitor) {
        log.add("another thread's");
      }
    });
  }
}
