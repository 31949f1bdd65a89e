package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runInExecutor;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.context.ContextVar;
import io.loop.testing.Collecting;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.lang.ref.WeakReference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ExecutorTest {

  private static final Duration TICK = Duration.ZERO;
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final ManualLoop manual = new ManualLoop();

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
}
