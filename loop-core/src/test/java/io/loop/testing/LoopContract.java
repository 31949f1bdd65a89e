package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.testing.Threads.isWaiting;
import static io.loop.testing.Threads.join;
import static io.loop.testing.Threads.onThread;
import static io.loop.testing.Threads.start;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.Asyncio;
import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.Callback;
import io.loop.event.ExceptionContext;
import io.loop.event.Handle;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.Loop;
import io.loop.event.SystemExit;
import io.loop.event.TimerHandle;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/// What every loop must do, whatever drives it; what coroutines must be able to do on it is in
/// [CoroutineContract].
///
/// A test class for a kind of loop extends each and says how to make one.
///
/// One long class, so that a kind of loop has one thing to extend.
public abstract class LoopContract {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration MILLI = Duration.ofMillis(1);

  private final List<String> log = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();
  private Loop loop;

  /// {@return a new loop, open and not running; the contract closes it}
  ///
  /// When it has nothing to do it must wait for other threads, for some seconds at least.
  protected abstract Loop newLoop();

  /// {@return whether the loop may run only on the thread where it first ran}
  protected boolean isBoundToItsThread() {
    return false;
  }

  @BeforeEach
  void openLoop() {
    loop = newLoop();
    loop.setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void closeLoop() {
    loop.close();
  }

  /// Runs what is ready, and what that makes ready in the tick after.
  private void runTwoTicks() {
    loop.callSoon(() -> loop.callSoon(loop::stop));
    loop.runForever();
  }

  private Callback logging(String text) {
    return () -> log.add(text);
  }

  @Test
  void callSoon_several_runInOrder() {
    loop.callSoon(logging("a"));
    loop.callSoon(logging("b"));
    loop.callSoon(logging("c"));

    runTwoTicks();

    assertThat(log).containsExactly("a", "b", "c");
  }

  @Test
  void callSoon_manyMoreThanTheQueueStartsWith_runInOrder() {
    List<Integer> ran = new ArrayList<>();
    for (int i = 0; i < 10_000; i++) {
      int number = i;
      loop.callSoon(() -> ran.add(number));
    }

    runTwoTicks();

    assertThat(ran).hasSize(10_000).isSorted();
  }

  @Test
  void callSoon_fromACallback_runsInTheNextTick() {
    for (int i = 0; i < 3; i++) {
      int number = i;
      loop.callSoon(() -> {
        log.add("outer " + number);
        loop.callSoon(logging("inner " + number));
      });
    }

    runTwoTicks();

    assertThat(log)
        .containsExactly("outer 0", "outer 1", "outer 2", "inner 0", "inner 1", "inner 2");
  }

  @Test
  void callSoon_withoutCallback_isRefused() {
    assertThatThrownBy(() -> loop.callSoon(null)).isInstanceOf(NullPointerException.class);
  }

  @Test
  void callLater_zero_runsBehindWhatIsReady() {
    loop.callLater(Duration.ZERO, logging("later"));
    loop.callSoon(logging("soon"));

    runTwoTicks();

    assertThat(log).containsExactly("soon", "later");
  }

  @Test
  void callAt_severalDeadlines_runByDeadline() {
    Duration now = loop.time(); // one reading for all, whatever comes between the calls
    loop.callAt(now.plusMillis(15), logging("3"));
    loop.callAt(now.plusMillis(5), logging("1"));
    loop.callAt(now.plusMillis(10), logging("2"));
    loop.callAt(now.plusMillis(20), loop::stop);

    loop.runForever();

    assertThat(log).containsExactly("1", "2", "3");
  }

  @Test
  void callAt_equalDeadlines_runInOrderOfInsertion() {
    Duration when = loop.time().plusMillis(2);
    loop.callAt(when, logging("a"));
    loop.callAt(when, logging("b"));
    loop.callAt(when, logging("c"));
    loop.callAt(when, loop::stop);

    loop.runForever();

    assertThat(log).containsExactly("a", "b", "c");
  }

  @Test
  void callLater_negativeDelays_runAtOnceByDeadline() {
    loop.callLater(Duration.ofMillis(-50), logging("-1"));
    loop.callLater(Duration.ofMillis(-150), logging("-3"));
    loop.callLater(Duration.ofMillis(-100), logging("-2"));

    runTwoTicks();

    assertThat(log).containsExactly("-3", "-2", "-1");
  }

  @Test
  void callLater_anyDelay_isNeverEarly() {
    Duration earliest = loop.time().plusNanos(2_345_678);
    var ran = new AtomicReference<Duration>();

    loop.callLater(
        Duration.ofNanos(2_345_678),
        () -> {
          ran.set(loop.time());
          loop.stop();
        });
    loop.runForever();

    assertThat(ran.get()).isGreaterThanOrEqualTo(earliest);
  }

  @Test
  void callLater_forEver_isNeverDue() {
    loop.callLater(Duration.ofSeconds(Long.MAX_VALUE), logging("ran"));
    loop.callLater(MILLI, loop::stop);

    loop.runForever();

    assertThat(log).isEmpty();
  }

  @Test
  void when_ofATimer_isItsDeadline() {
    TimerHandle timer = loop.callAt(Duration.ofSeconds(5), () -> {});

    assertThat(timer.when()).isEqualTo(Duration.ofSeconds(5));
  }

  @Test
  void time_inTheNextTick_hasNotGoneBack() {
    Duration before = loop.time();

    runTwoTicks();

    assertThat(loop.time()).isGreaterThanOrEqualTo(before);
  }

  @Test
  void cancel_beforeItsTurn_doesNotRun() {
    Handle handle = loop.callSoon(logging("ran"));

    handle.cancel();
    handle.cancel();
    runTwoTicks();

    assertThat(handle.isCancelled()).isTrue();
    assertThat(log).isEmpty();
  }

  @Test
  void cancel_byAnEarlierHandleOfTheTick_doesNotRun() {
    var second = new AtomicReference<Handle>();
    loop.callSoon(() -> second.get().cancel());
    second.set(loop.callSoon(logging("second")));
    loop.callSoon(logging("third"));

    runTwoTicks();

    assertThat(log).containsExactly("third");
  }

  @Test
  void cancel_timerByAnotherDueInTheSameTick_doesNotRun() {
    Duration when = loop.time().plusMillis(1);
    var second = new AtomicReference<Handle>();
    loop.callAt(when, () -> second.get().cancel());
    second.set(loop.callAt(when, logging("second")));
    loop.callAt(when.plusMillis(1), loop::stop);

    loop.runForever();

    assertThat(log).isEmpty();
  }

  @Test
  void cancel_afterTheRun_doesNothing() {
    Handle handle = loop.callSoon(logging("ran"));
    TimerHandle timer = loop.callLater(TICK, logging("timer"));
    runTwoTicks();

    handle.cancel();
    timer.cancel();
    runTwoTicks();

    assertThat(log).containsExactly("ran", "timer");
  }

  @Test
  void stop_inACallback_finishesTheTickAndNoMore() {
    loop.callSoon(() -> {
      loop.stop();
      loop.callSoon(logging("next tick"));
    });
    loop.callSoon(logging("same tick"));

    loop.runForever();

    assertThat(log).containsExactly("same tick");
  }

  @Test
  void runForever_afterAStop_goesOnWithWhatWasLeft() {
    loop.callSoon(() -> {
      loop.stop();
      loop.callSoon(logging("left"));
    });
    loop.runForever();

    runTwoTicks();

    assertThat(log).containsExactly("left");
  }

  @Test
  void stop_beforeTheRun_makesOneTick() {
    loop.callSoon(() -> loop.callSoon(logging("second tick")));
    loop.callSoon(logging("first tick"));

    loop.stop();
    loop.runForever();

    assertThat(log).containsExactly("first tick");
  }

  @Test
  void runForever_whileItRuns_isRefused() {
    var refused = new AtomicReference<Throwable>();
    loop.callSoon(() -> refused.set(catchThrowable(loop::runForever)));

    runTwoTicks();

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("This event loop is already running");
  }

  @Test
  void runForever_insideAnotherLoop_isRefused() {
    var refused = new AtomicReference<Throwable>();
    try (Loop other = newLoop()) {
      loop.callSoon(() -> refused.set(catchThrowable(other::runForever)));

      runTwoTicks();
    }

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Cannot run the event loop while another loop is running");
  }

  @Test
  void runForever_onAVirtualThread_isRefused() throws InterruptedException {
    var refused = new AtomicReference<Throwable>();

    Thread.ofVirtual().start(() -> refused.set(catchThrowable(loop::runForever))).join();

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("platform thread");
    assertThat(loop.isRunning()).isFalse();
  }

  @Test
  void runForever_onAnotherThreadLater_worksOrIsRefused() {
    var refusal = new AtomicReference<Throwable>();
    runTwoTicks();

    onThread(() -> {
      loop.callSoon(logging("ran"));
      refusal.set(catchThrowable(this::runTwoTicks));
    });

    if (isBoundToItsThread()) {
      assertThat(refusal.get()).hasMessageContaining("belongs to");
    } else {
      assertThat(log).containsExactly("ran");
    }
  }

  @Test
  void isRunning_beforeInsideAndAfter_saysSo() {
    var inside = new AtomicBoolean();
    boolean before = loop.isRunning();

    loop.callSoon(() -> inside.set(loop.isRunning()));
    runTwoTicks();

    assertThat(before).isFalse();
    assertThat(inside).isTrue();
    assertThat(loop.isRunning()).isFalse();
  }

  @Test
  void running_insideACallback_isTheLoop() {
    var seen = new AtomicReference<Loop>();

    loop.callSoon(() -> seen.set(Loop.running()));
    runTwoTicks();

    assertThat(seen.get()).isSameAs(loop);
    assertThat(Loop.runningOrNull()).isNull();
  }

  @Test
  void close_whileRunning_isRefused() {
    var refused = new AtomicReference<Throwable>();
    loop.callSoon(() -> refused.set(catchThrowable(loop::close)));

    runTwoTicks();

    assertThat(refused.get()).isInstanceOf(IllegalStateException.class);
    assertThat(loop.isClosed()).isFalse();
  }

  @Test
  void close_withCallbacksLeft_dropsThem() {
    loop.callSoon(logging("soon"));
    loop.callLater(TICK, logging("later"));
    loop.callSoonThreadsafe(logging("threadsafe"));

    loop.close();

    assertThat(log).isEmpty();
    assertThat(loop.isClosed()).isTrue();
  }

  @Test
  void close_twice_doesNothing() {
    loop.close();

    loop.close();

    assertThat(loop.isClosed()).isTrue();
  }

  @Test
  void close_thenAnyUse_isRefused() {
    loop.close();

    for (Coro.Action use :
        List.<Coro.Action>of(
            () -> loop.callSoon(() -> {}),
            () -> loop.callLater(MILLI, () -> {}),
            () -> loop.callAt(MILLI, () -> {}),
            () -> loop.callSoonThreadsafe(() -> {}),
            () -> onThread(() -> loop.callSoonThreadsafe(() -> {})),
            loop::runForever)) {
      assertThatThrownBy(use::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Event loop is closed");
    }
  }

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

  @Test
  void throwingCallback_exception_isReportedOnceAndTheLoopGoesOn() {
    var fault = new IllegalArgumentException("bad");

    assertReportedOnce(
        fault,
        () -> {
          throw fault;
        });
  }

  @Test
  void throwingCallback_error_isReportedOnceAndTheLoopGoesOn() {
    var fault = new AssertionError("bad");

    assertReportedOnce(
        fault,
        () -> {
          throw fault;
        });
  }

  @Test
  void throwingCallback_outOfMemory_isReportedOnceAndTheLoopGoesOn() {
    var fault = new OutOfMemoryError("none left");

    assertReportedOnce(
        fault,
        () -> {
          throw fault;
        });
  }

  private void assertReportedOnce(Throwable fault, Callback callback) {
    loop.callSoon(callback);
    loop.callSoon(logging("next"));

    runTwoTicks();

    assertThat(log).containsExactly("next");
    assertThat(reports).hasSize(1);
    assertThat(reports.getFirst().exception()).isSameAs(fault);
    assertThat(reports.getFirst().message()).startsWith("Exception in callback ");
    assertThat(reports.getFirst().details()).containsOnlyKeys("handle");
  }

  @Test
  void throwingCallback_stackOverflow_isReportedOnceAndTheLoopGoesOn() {
    loop.callSoon(() -> recurse(1));
    loop.callSoon(logging("next"));

    runTwoTicks();

    assertThat(log).containsExactly("next");
    assertThat(reports)
        .extracting(ExceptionContext::exception)
        .singleElement()
        .isInstanceOf(StackOverflowError.class);
  }

  @SuppressWarnings("InfiniteRecursion") // that is the point
  private static int recurse(int depth) {
    return recurse(depth + 1) + depth;
  }

  @Test
  void throwingTimer_isReportedOnceAndTheLoopGoesOn() {
    loop.callLater(
        TICK,
        () -> {
          throw new IllegalArgumentException("bad");
        });
    loop.callLater(TICK, logging("next"));

    runTwoTicks();

    assertThat(log).containsExactly("next");
    assertThat(reports).hasSize(1);
  }

  @Test
  void throwingHandler_isLoggedAndTheLoopGoesOn() {
    loop.setExceptionHandler((_, _) -> {
      throw new IllegalStateException("handler");
    });
    loop.callSoon(() -> {
      throw new IllegalArgumentException("callback");
    });
    loop.callSoon(logging("next"));

    try (var captured = new CapturedLog("io.loop")) {
      runTwoTicks();

      assertThat(captured.messages())
          .singleElement()
          .asString()
          .startsWith("Unhandled error in exception handler")
          .contains("Exception in callback");
    }
    assertThat(log).containsExactly("next");
  }

  @Test
  void noHandler_failingCallback_isLogged() {
    loop.setExceptionHandler(null);
    loop.callSoon(() -> {
      throw new IllegalArgumentException("callback");
    });

    try (var captured = new CapturedLog("io.loop")) {
      runTwoTicks();

      assertThat(captured.messages())
          .singleElement()
          .asString()
          .startsWith("Exception in callback");
    }
  }

  @Test
  void keyboardInterrupt_inACallback_leavesTheLoopAndTheRestQueued() {
    assertLeavesTheLoop(new KeyboardInterrupt());
  }

  @Test
  void systemExit_inACallback_leavesTheLoopAndTheRestQueued() {
    assertLeavesTheLoop(new SystemExit(3));
  }

  private void assertLeavesTheLoop(Error fatal) {
    loop.callSoon(() -> {
      throw fatal;
    });
    loop.callSoon(logging("rest"));

    assertThatThrownBy(loop::runForever).isSameAs(fatal);
    List<String> before = List.copyOf(log);
    runTwoTicks();

    assertThat(before).isEmpty();
    assertThat(log).containsExactly("rest");
    assertThat(reports).isEmpty();
  }

  @Test
  void systemExit_inATask_leavesTheLoop() {
    var fatal = new SystemExit(3);

    assertThatThrownBy(() ->
            Asyncio.runUntilComplete(
                loop,
                Coro.of(() -> {
                  createTask(() -> {
                    throw fatal;
                  });
                  sleep(Duration.ofSeconds(5));
                })))
        .isSameAs(fatal);
    assertThat(loop.isRunning()).isFalse();
  }

  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  @Test
  void callback_setsAVariable_othersDoNotSeeIt() {
    loop.callSoon(() -> COLOR.set("red"));
    loop.callSoon(() -> log.add(COLOR.get()));

    runTwoTicks();

    assertThat(log).containsExactly("none");
    assertThat(COLOR.get()).isEqualTo("none");
  }

  @Test
  void callback_seesWhatWasSetWhenItWasScheduled() {
    loop.callSoon(() -> {
      COLOR.set("red");
      loop.callSoon(() -> log.add(COLOR.get()));
      COLOR.set("blue");
    });

    runTwoTicks();

    assertThat(log).containsExactly("red");
  }

  @Test
  void callback_inAContextOfTheCallers_setsItThere() {
    Context context = Context.copyCurrent();

    loop.callSoon(() -> COLOR.set("red"), context);
    loop.callLater(TICK, () -> log.add(COLOR.get()), context);
    runTwoTicks();

    assertThat(log).containsExactly("red");
    assertThat(context.get(COLOR)).isEqualTo("red");
  }
}
