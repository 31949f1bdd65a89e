package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runInExecutor;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Runner;
import io.loop.context.ContextVar;
import io.loop.testing.CapturedLog;
import io.loop.testing.Collecting;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExecutorTest {

  private static final Duration TICK = Duration.ZERO;
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final ManualLoop manual = new ManualLoop();
  private final Queue<Runnable> held = new ArrayDeque<>();

  ExecutorTest() {
    manual.setPatience(Duration.ofSeconds(30));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void toThread_givesTheResultOfAnotherThread() {
    manual.run(() -> {
      Thread here = Thread.currentThread();

      Thread there = toThread(Thread::currentThread);

      assertThat(there).isNotSameAs(here);
      assertThat(there.isVirtual()).isFalse();
      assertThat(there.isDaemon()).isFalse();
      assertThat(there.getName()).contains("toThread");
    });
  }

  @Test
  void toThread_othersCompute_doesNotWaitForThem() {
    var stop = new AtomicBoolean();
    Callable<Boolean> computing =
        () -> {
          long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
          while (!stop.get() && System.nanoTime() - end < 0) {
            Thread.onSpinWait();
          }
          return stop.get();
        };
    manual.run(() -> {
      List<LoopFuture<Boolean>> jobs = new ArrayList<>();
      for (int i = 0; i < Math.min(JobThreads.LIMIT - 1, PROCESSORS); i++) {
        jobs.add(runInExecutor(computing));
      }

      toThread(() -> {
        stop.set(true);
        return null;
      });

      assertThat(Tasks.gather(jobs).await()).doesNotContain(false);
    });
  }

  @Test
  void toThread_oneAfterTheOther_usesAThreadAgain() {
    manual.run(() -> {
      Set<Thread> threads = new HashSet<>();
      for (int i = 0; i < 100; i++) {
        threads.add(toThread(Thread::currentThread));
      }

      assertThat(threads).hasSizeLessThan(5); // one, unless it was idle for too long
    });
  }

  @Test
  void toThread_moreJobsThanThreads_waitInLine() {
    var go = new CountDownLatch(1);
    List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
    manual.run(() -> {
      List<LoopFuture<Integer>> jobs = fill(go, begun);
      jobs.add(runInExecutor(() -> note(begun, JobThreads.LIMIT)));
      jobs.add(runInExecutor(() -> note(begun, JobThreads.LIMIT + 1)));
      assertThat(begun).hasSize(JobThreads.LIMIT);

      go.countDown();

      assertThat(Tasks.gather(jobs).await()).hasSize(JobThreads.LIMIT + 2);
      assertThat(begun).contains(JobThreads.LIMIT, JobThreads.LIMIT + 1);
    });
  }

  @Test
  void toThread_cancelledInLine_neverRunsAndKeepsNothing() {
    var go = new CountDownLatch(1);
    List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
    manual.run(() -> {
      List<LoopFuture<Integer>> jobs = fill(go, begun);
      var held = new WeakReference<>(new Object());
      Task<Void> waiting = createTask(keeping(held.get(), begun));
      sleep(TICK);
      waiting.cancel();
      assertThatThrownBy(waiting::await).isInstanceOf(CancelledError.class);
      sleep(TICK);

      waiting = null;
      Collecting.await(held);
      go.countDown();

      assertThat(Tasks.gather(jobs).await()).hasSize(JobThreads.LIMIT);
      assertThat(toThread(() -> begun.contains(-1))).isFalse();
    });
  }

  private static Coro.Action keeping(@Nullable Object kept, List<Integer> begun) {
    return () -> {
      toThread(() -> note(begun, kept == null ? -2 : -1));
    };
  }

  @Test
  void toThread_cancelledWhileItRuns_isNotInterrupted() {
    manual.run(() -> {
      var running = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var interrupted = new CompletableFuture<Boolean>();
      Task<Void> task =
          createTask(() -> {
            toThread(() -> {
              running.countDown();
              go.await();
              return interrupted.complete(Thread.currentThread().isInterrupted());
            });
          });
      sleep(TICK);
      running.await();

      task.cancel();
      assertThatThrownBy(task::await).isInstanceOf(CancelledError.class);
      sleep(TICK);
      go.countDown();

      assertThat(interrupted.get(30, TimeUnit.SECONDS)).isFalse();
    });
  }

  @Test
  void close_withJobsInLine_settlesTheirFuturesAndStillRunsThem() throws Exception {
    var go = new CountDownLatch(1);
    List<Integer> begun = Collections.synchronizedList(new ArrayList<>());
    var ran = new CompletableFuture<Boolean>();
    var outside = new AtomicReference<CompletableFuture<Boolean>>();
    manual.run(() -> {
      fill(go, begun);
      outside.set(runInExecutor(() -> ran.complete(true)).toCompletableFuture());
    });

    manual.close();

    assertThat(outside.get()).isCancelled();
    assertThat(ran).isNotDone();
    go.countDown();
    assertThat(ran.get(30, TimeUnit.SECONDS)).isTrue();
  }

  /// Gives every thread of the default executor a job, and waits until all have begun.
  private static List<LoopFuture<Integer>> fill(CountDownLatch go, List<Integer> begun)
      throws InterruptedException {
    var running = new CountDownLatch(JobThreads.LIMIT);
    List<LoopFuture<Integer>> jobs = new ArrayList<>();
    for (int i = 0; i < JobThreads.LIMIT; i++) {
      int number = i;
      jobs.add(
          runInExecutor(() -> {
            begun.add(number);
            running.countDown();
            go.await();
            return number;
          }));
    }
    assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
    return jobs;
  }

  private static int note(List<Integer> begun, int number) {
    begun.add(number);
    return number;
  }

  @Test
  void toThread_letsTheLoopGoOnMeanwhile() {
    manual.run(() -> {
      var let = new CountDownLatch(1);
      Task<Void> other =
          createTask(() -> {
            sleep(TICK);
            let.countDown();
          });

      boolean wasLet = toThread(() -> let.await(30, TimeUnit.SECONDS));

      assertThat(wasLet).isTrue();
      assertThat(other.isDone()).isTrue();
    });
  }

  @Test
  void toThread_copiesTheContext() {
    manual.run(() -> {
      COLOR.set("red");

      String seen =
          toThread(() -> {
            String before = COLOR.get();
            COLOR.set("blue");
            return before;
          });

      assertThat(seen).isEqualTo("red");
      assertThat(COLOR.get()).isEqualTo("red");
    });
  }

  @Test
  void toThread_thatFails_throwsTheVeryObject() {
    var fault = new IOException("x");

    manual.run(() ->
        assertThatThrownBy(() ->
                toThread(() -> {
                  throw fault;
                }))
            .isSameAs(fault));
  }

  @Test
  void runInExecutor_doesNotPassTheContextOn() {
    manual.run(() -> {
      COLOR.set("red");

      assertThat(runInExecutor(COLOR::get).await()).isEqualTo("none");
    });
  }

  @Test
  void runInExecutor_cancelledBeforeItStarts_neverRuns() {
    manual.run(() -> {
      var ran = new AtomicBoolean();
      LoopFuture<@Nullable Void> future =
          runInExecutor(
              held::add,
              () -> {
                ran.set(true);
                return null;
              });

      future.cancel();
      sleep(TICK);
      held.remove().run();

      assertThat(future.isCancelled()).isTrue();
      assertThat(ran).isFalse();
    });
  }

  @Test
  void runInExecutor_cancelledWhileItRuns_goesOnAndItsResultIsDropped() {
    manual.run(() -> {
      var running = new CountDownLatch(1);
      var go = new CountDownLatch(1);
      var ended = new CountDownLatch(1);
      LoopFuture<Integer> future =
          runInExecutor(() -> {
            running.countDown();
            go.await();
            ended.countDown();
            return 1;
          });
      running.await();

      future.cancel();
      go.countDown();

      assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
      assertThat(future.isCancelled()).isTrue();
    });
  }

  @Test
  void setDefaultExecutor_isWhatRunsTheWork() {
    manual.run(() -> {
      try (ExecutorService mine =
          Executors.newSingleThreadExecutor(Thread.ofPlatform().name("mine").factory())) {
        Tasks.setDefaultExecutor(manual.loop(), mine);

        assertThat(toThread(() -> Thread.currentThread().getName())).isEqualTo("mine");
      }
    });
  }

  @Test
  void shutdown_waitsForTheWork_andRefusesMore() {
    manual.run(() -> {
      var go = new CountDownLatch(1);
      var done = new AtomicInteger();
      LoopFuture<Integer> job =
          runInExecutor(() -> {
            go.await();
            return done.incrementAndGet();
          });
      createTask(go::countDown);

      Tasks.shutdownDefaultExecutor(manual.loop(), null);

      assertThat(done).hasValue(1);
      assertThat(job.await()).isEqualTo(1);
      assertThatThrownBy(() -> runInExecutor(() -> 2))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("Executor shutdown has been called");
    });
  }

  @Test
  void shutdown_whoseTimeIsUp_warnsAndLeavesTheWork() {
    var go = new CountDownLatch(1);
    try (var log = new CapturedLog("io.loop")) {
      manual.run(() -> {
        runInExecutor(() -> go.await(30, TimeUnit.SECONDS));

        Tasks.shutdownDefaultExecutor(manual.loop(), Duration.ofMillis(20));

        assertThat(log.messages())
            .singleElement()
            .asString()
            .startsWith("The executor did not finish joining its threads");
      });
    } finally {
      go.countDown();
    }
  }

  @Test
  void shutdown_cancelled_endsByThat() {
    var go = new CountDownLatch(1);
    try {
      manual.run(() -> {
        runInExecutor(() -> go.await(30, TimeUnit.SECONDS));
        Task<Void> closing = createTask(() -> Tasks.shutdownDefaultExecutor(manual.loop(), null));
        sleep(TICK);

        closing.cancel();

        assertThatThrownBy(closing::await).isInstanceOf(CancelledError.class);
      });
    } finally {
      go.countDown();
    }
  }

  @Test
  void run_waitsForTheWorkBeforeItReturns() {
    var done = new AtomicBoolean();
    try (var runner = new Runner()) {
      runner.run(() -> {
        runInExecutor(() -> {
          Thread.sleep(50);
          done.set(true);
          return null;
        });
      });
    }

    assertThat(done).isTrue();
  }

  @Test
  void close_withWorkRunning_doesNotWait() {
    var go = new CountDownLatch(1);
    manual.run(() -> {
      runInExecutor(() -> go.await(30, TimeUnit.SECONDS));
    });

    manual.close();

    assertThat(go.getCount()).isEqualTo(1);
    go.countDown();
  }

  @Test
  void run_withAContext_runsInItself() {
    var context = io.loop.context.Context.copyCurrent();
    try (var runner = new Runner()) {
      runner.run(Coro.of(() -> COLOR.set("green")), context);
    }

    assertThat(context.get(COLOR)).isEqualTo("green");
  }
}
