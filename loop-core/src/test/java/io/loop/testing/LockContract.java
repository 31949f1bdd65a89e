package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Callback;
import io.loop.event.Loop;
import io.loop.task.Coro;
import io.loop.task.Task;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Callbacks and coroutines of a loop use the same locks as other threads do, and the loop goes on.
///
/// A test class for a kind of loop extends this and says how to run one.
public abstract class LockContract {

  /// Runs a body as a task of a new loop of the kind that is tested, to its end.
  protected abstract void run(Coro.Action main);

  static LockKind[] kinds() {
    return LockKind.all();
  }

  private static void until(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      sleep(Duration.ofMillis(1));
    }
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
  }

  /// The coroutine queues first, the callback second; the thread that lets go wakes the coroutine.
  @ParameterizedTest
  @MethodSource("kinds")
  void lock_coroutineQueuesBeforeACallback_bothGetIt(LockKind lock) {
    var log = new CopyOnWriteArrayList<String>();

    run(() -> {
      Loop loop = Loop.running();
      var held = new CountDownLatch(1);
      var letGo = new CountDownLatch(1);
      CompletableFuture<Void> other =
          start(() ->
              lock.within(() -> {
                held.countDown();
                await(letGo);
              }));
      await(held);
      var first = new AtomicReference<Thread>();
      var second = new AtomicReference<Thread>();
      Task<Void> task =
          createTask(() -> {
            first.set(Thread.currentThread());
            lock.within(() -> log.add("coroutine"));
          });
      until(() -> first.get() != null && isWaiting(first.get()));
      CompletableFuture<Void> releaser =
          start(() -> {
            while (second.get() == null || !isWaiting(second.get())) {
              Thread.onSpinWait();
            }
            letGo.countDown();
          });
      loop.callSoon(() -> {
        second.set(Thread.currentThread());
        lock.within(() -> log.add("callback"));
      });
      until(() -> log.contains("callback"));
      task.await();
      join(other);
      join(releaser);
    });

    assertThat(log).containsExactlyInAnyOrder("coroutine", "callback");
  }

  /// A coroutine holds the lock in a blocking call, and a callback wants it.
  @ParameterizedTest
  @MethodSource("kinds")
  void lock_heldByACoroutineThatSleeps_callbackGetsItAfterwards(LockKind lock) {
    var log = new CopyOnWriteArrayList<String>();

    run(() -> {
      Loop loop = Loop.running();
      var holds = new AtomicBoolean();
      var letGo = new CountDownLatch(1);
      var callback = new AtomicReference<Thread>();
      Task<Void> task =
          createTask(() ->
              lock.within(() -> {
                holds.set(true);
                await(letGo);
                log.add("coroutine");
              }));
      until(holds::get);
      CompletableFuture<Void> releaser =
          start(() -> {
            while (callback.get() == null || !isWaiting(callback.get())) {
              Thread.onSpinWait();
            }
            letGo.countDown();
          });
      loop.callLater(
          Duration.ofMillis(1),
          () -> {
            callback.set(Thread.currentThread());
            lock.within(() -> log.add("callback"));
          });
      until(() -> log.contains("callback"));
      task.await();
      join(releaser);
    });

    assertThat(log).containsExactly("coroutine", "callback");
  }

  /// Everything at once, for a while.
  @ParameterizedTest
  @MethodSource("kinds")
  void lock_underContention_everybodyGoesOn(LockKind lock) {
    var over = new AtomicBoolean();
    var turns = new AtomicInteger[] {new AtomicInteger(), new AtomicInteger(), new AtomicInteger()};
    var inside = new AtomicInteger();
    var collisions = new AtomicInteger();
    Runnable work =
        () -> {
          if (inside.getAndIncrement() != 0) {
            collisions.incrementAndGet();
          }
          Thread.onSpinWait();
          inside.decrementAndGet();
        };
    CompletableFuture<Void> other =
        start(() -> {
          while (!over.get()) {
            lock.within(work);
            turns[0].incrementAndGet();
          }
        });

    run(() -> {
      Loop loop = Loop.running();
      var tasks = new ArrayList<Task<Void>>();
      for (int i = 0; i < 3; i++) {
        tasks.add(
            createTask(() -> {
              while (!over.get()) {
                lock.within(work);
                turns[1].incrementAndGet();
                sleep(Duration.ZERO);
              }
            }));
      }
      var callback =
          new Callback() {
            @Override
            public void run() {
              lock.within(work);
              turns[2].incrementAndGet();
              if (!over.get()) {
                loop.callSoon(this);
              }
            }
          };
      loop.callSoon(callback);
      loop.callLater(Duration.ofMillis(1), callback);
      sleep(stressTime());
      until(() -> Stream.of(turns).allMatch(count -> count.get() > 0)); // the machine may be busy
      over.set(true);
      for (Task<Void> task : tasks) {
        task.await();
      }
      sleep(Duration.ofMillis(1)); // the callbacks end too
    });
    join(other);

    assertThat(collisions.get()).isZero();
  }

  /// {@return for how long a stress goes on} With all kinds of loops it is half a second for each
  /// kind of lock; `-Dio.loop.stress=10000` makes it ten seconds for each of either.
  private static Duration stressTime() {
    return Duration.ofMillis(Integer.getInteger("io.loop.stress", 60));
  }
}
