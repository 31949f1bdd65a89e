package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.runCoroutineThreadsafe;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.event.Droppable;
import io.loop.event.ExceptionContext;
import io.loop.event.Handle;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.task.Tasks;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What a loop owes to other threads when it closes, on every loop and on both carriers: whatever
/// they wait for comes to an end.
///
/// A test class for a kind of loop extends this, and says how to make one.
public abstract class CloseContract extends CloseFixture {

  private static final Duration STRESS =
      Duration.ofMillis(Integer.getInteger("io.loop.stress", 150));

  private static final int SUBMITTERS = 3;

  /// {@return a new loop, open and not running, for the thread that calls this}
  @Override
  protected abstract Loop newLoop();

  @Test
  void close_submissionNotTaken_cancelsItsFuture() {
    var outside = new AtomicReference<CompletableFuture<String>>();
    onThread(() -> outside.set(runCoroutineThreadsafe(() -> "x", loop)));

    loop.close();

    assertCancelledByTheEnd(outside.get());
  }

  @Test
  void close_submissionTakenAndNotRun_cancelsItsFuture() {
    var outside = new AtomicReference<CompletableFuture<String>>();
    loop.callSoon(() -> outside.set(runCoroutineThreadsafe(() -> "x", loop)));
    runTicks(1);

    loop.close();

    assertCancelledByTheEnd(outside.get());
  }

  @Test
  void close_taskNotStarted_cancelsItsFuture() {
    CompletableFuture<Boolean> outside = runCoroutineThreadsafe(() -> log.add("started"), loop);
    runTicks(1);

    loop.close();

    assertThat(outside).isCancelled();
    assertThat(log).isEmpty();
  }

  @Test
  void close_taskThatWaits_cancelsItsFutureAfterItsFinally() {
    CompletableFuture<Void> outside =
        runCoroutineThreadsafe(
            () -> {
              try {
                return waitForever();
              } finally {
                log.add("finally");
              }
            },
            loop);
    runTicks(2);

    loop.close();

    assertThat(outside).isCancelled();
    assertThat(log).containsExactly("finally");
  }

  @Test
  void close_taskThatWaitsAndHasAResultAfterAll_givesTheResult() {
    CompletableFuture<String> outside =
        runCoroutineThreadsafe(
            () -> {
              try {
                sleep(DAY);
                return "slept";
              } catch (CancelledError cancelled) {
                return "declined";
              }
            },
            loop);
    runTicks(2);

    loop.close();

    assertThat(outside).isCompletedWithValue("declined");
  }

  @Test
  void close_taskThatFailsWhileItIsUnwound_givesTheFailureAndDoesNotReportIt() {
    var fault = new IOException("gone");
    CompletableFuture<Void> outside =
        runCoroutineThreadsafe(
            () -> {
              try {
                return waitForever();
              } catch (CancelledError cancelled) {
                throw fault;
              }
            },
            loop);
    runTicks(2);

    loop.close();

    assertThat(outside.exceptionNow()).isSameAs(fault);
    assertThat(reports).extracting(ExceptionContext::exception).doesNotContain(fault);
  }

  @Test
  void close_taskThatIsDoneAndHasNotToldYet_givesTheResult() {
    CompletableFuture<String> outside = runCoroutineThreadsafe(() -> "x", loop);
    runTicks(2);
    assertThat(outside).isNotDone();

    loop.close();

    assertThat(outside).isCompletedWithValue("x");
  }

  @Test
  void close_pendingFuture_cancelsTheOneForOtherThreads() {
    CompletableFuture<Void> outside = new LoopFuture<Void>(loop).toCompletableFuture();

    loop.close();

    assertCancelledByTheEnd(outside);
  }

  @Test
  void close_settledFuture_givesItsOutcome() {
    var value = new LoopFuture<String>(loop);
    var cancelled = new LoopFuture<String>(loop);
    CompletableFuture<String> outsideValue = value.toCompletableFuture();
    CompletableFuture<String> outsideCancelled = cancelled.toCompletableFuture();
    value.setResult("x");
    cancelled.cancel();

    loop.close();

    assertThat(outsideValue).isCompletedWithValue("x");
    assertThat(outsideCancelled).isCancelled();
  }

  @Test
  void close_gatherThatIsPending_cancelsTheOneForOtherThreads() {
    LoopFuture<List<Object>> all =
        Tasks.gatherReturnExceptions(loop, List.of(CloseContract::waitForever, () -> 1));
    CompletableFuture<List<Object>> outside = all.toCompletableFuture();
    runTicks(1);

    loop.close();

    assertCancelledByTheEnd(outside);
  }

  @Test
  void close_workThatRunsElsewhere_cancelsItsFuture() {
    var end = new CountDownLatch(1);
    var ended = new CompletableFuture<Void>();
    var outside = new AtomicReference<CompletableFuture<Boolean>>();
    Callable<Boolean> work =
        () -> {
          end.await();
          return ended.complete(null);
        };
    loop.callSoon(() -> outside.set(Tasks.runInExecutor(loop, null, work).toCompletableFuture()));
    runTicks(1);

    loop.close();

    assertCancelledByTheEnd(outside.get());
    end.countDown(); // what it returns is dropped
    join(ended);
  }

  @Test
  void close_stageOfOthersThatIsPending_cancelsTheOneForOtherThreads() {
    var never = new CompletableFuture<Void>();
    var outside = new AtomicReference<CompletableFuture<Void>>();
    loop.callSoon(() -> outside.set(Tasks.wrapFuture(never).toCompletableFuture()));
    runTicks(1);

    loop.close();

    assertCancelledByTheEnd(outside.get());
    assertThat(never).isNotDone();
  }

  @Test
  void close_whatWaitsOutside_runsWhileTheLoopCloses() {
    var second = new AtomicReference<CompletableFuture<String>>();
    var third = new AtomicReference<CompletableFuture<Void>>();
    CompletableFuture<Void> first = new LoopFuture<Void>(loop).toCompletableFuture();
    CompletableFuture<Boolean> reaction =
        first.handle((_, _) -> {
          second.set(runCoroutineThreadsafe(() -> "late", loop));
          third.set(new LoopFuture<Void>(loop).toCompletableFuture());
          return true;
        });

    loop.close();

    assertThat(reaction).isCompletedWithValue(true);
    assertCancelledByTheEnd(second.get());
    assertCancelledByTheEnd(third.get());
  }

  @Test
  void close_outsideGivenUpBefore_isLeftAlone() {
    var inside = new LoopFuture<String>(loop);
    CompletableFuture<String> outside = inside.toCompletableFuture();
    outside.complete("mine");

    loop.close();

    assertThat(outside).isCompletedWithValue("mine");
    assertThat(inside.isDone()).isFalse();
  }

  @Test
  void toCompletableFuture_onAClosedLoop_isSettledAtOnce() {
    var pending = new LoopFuture<String>(loop);
    var done = new LoopFuture<String>(loop);
    done.setResult("x");
    loop.close();

    assertCancelledByTheEnd(pending.toCompletableFuture());
    assertThat(done.toCompletableFuture()).isCompletedWithValue("x");
  }

  @Test
  void close_taskMadeInAFinally_isSettledToo() {
    var outside = new AtomicReference<CompletableFuture<Boolean>>();
    loop.callSoon(() ->
        createTask(() -> {
          try {
            waitForever();
          } finally {
            Task<Boolean> late = createTask(() -> log.add("late"));
            outside.set(late.toCompletableFuture());
          }
        }));
    runTicks(2);

    loop.close();

    assertThat(outside.get()).isCancelled();
    assertThat(log).isEmpty();
  }

  @Test
  void close_droppableCallbacks_areToldOnceWhereverTheyWait() {
    onThread(() -> loop.callSoonThreadsafe(droppable("inbox")));
    loop.callSoon(droppable("ready"));
    loop.callLater(DAY, droppable("timer"));
    Handle cancelled = loop.callSoon(droppable("cancelled"));
    cancelled.cancel();

    loop.close();

    assertThat(log).containsExactlyInAnyOrder("inbox", "ready", "timer");
  }

  @Test
  void close_droppableCallbackThatThrows_isReportedAndTheOthersAreTold() {
    var fault = new IllegalStateException("deliberate");
    loop.callSoon(
        new Droppable() {
          @Override
          public void run() {}

          @Override
          public void dropped() {
            throw fault;
          }
        });
    loop.callSoon(droppable("second"));

    loop.close();

    assertThat(log).containsExactly("second");
    assertThat(reports).extracting(ExceptionContext::exception).containsExactly(fault);
  }

  /// A thread that cancels a handle while its callback runs waits for the callback's end, which the
  /// loop reaches before it closes.
  @Test
  void close_whileACancelWaitsForACallback_letsItGo() {
    var running = new CountDownLatch(1);
    var canceller = new AtomicReference<Thread>();
    var handle = new CompletableFuture<Handle>();
    CompletableFuture<Void> cancelled =
        start(() -> {
          handle.complete(
              loop.callSoonThreadsafe(() -> {
                running.countDown();
                while (canceller.get() == null || !Threads.isWaiting(canceller.get())) {
                  Thread.onSpinWait();
                }
                loop.stop();
              }));
          running.await();
          canceller.set(Thread.currentThread());
          handle.join().cancel();
        });

    loop.runForever();
    loop.close();

    join(cancelled);
  }

  @Test
  void close_thenCancelOfWhatWasDropped_returns() {
    var handle = new AtomicReference<Handle>();
    onThread(() -> handle.set(loop.callSoonThreadsafe(() -> log.add("ran"))));
    loop.close();

    onThread(() -> handle.get().cancel());

    assertThat(log).isEmpty();
  }

  @Test
  @Tag("slow")
  void close_whileThreadsSubmit_settlesOrRefusesEverySubmission() {
    long end = System.nanoTime() + STRESS.toNanos();
    int round = 0;
    do {
      submitAndClose(round++);
    } while (System.nanoTime() < end);
  }

  private void submitAndClose(int round) {
    Loop short_ = newLoop();
    short_.setExceptionHandler((_, _) -> {}); // tasks that are pending at the end
    Queue<CompletableFuture<?>> given = new ConcurrentLinkedQueue<>();
    List<CompletableFuture<Void>> submitters = new ArrayList<>();
    for (int i = 0; i < SUBMITTERS; i++) {
      submitters.add(start(() -> submitUntilRefused(short_, given)));
    }
    short_.callLater(Duration.ofNanos(100_000L * (round % 20)), short_::stop);
    short_.runForever();
    short_.close();
    submitters.forEach(Threads::join);

    assertThat(given).allMatch(CompletableFuture::isDone);
  }
}
