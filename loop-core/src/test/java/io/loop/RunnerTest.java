package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.loop.context.ContextVar;
import io.loop.event.ExceptionContext;
import io.loop.event.Loop;
import io.loop.task.CancelledError;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.CapturedLog;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class RunnerTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration DAY = Duration.ofDays(1);
  private static final ContextVar<String> COLOR = ContextVar.of("color", "none");

  private final List<String> log = new ArrayList<>();
  private final List<ExceptionContext> reports = new ArrayList<>();
  private final Runner.Options options = Runner.Options.DEFAULT.withLoopFactory(this::newLoop);

  private Loop newLoop() {
    Loop loop = new ManualLoop().loop();
    loop.setExceptionHandler((_, report) -> reports.add(report));
    return loop;
  }

  @Test
  void run_severalTimes_usesOneLoop() {
    try (var runner = new Runner(options)) {
      Loop first = runner.run(Loop::running);
      Loop second = runner.run(Loop::running);

      assertThat(second).isSameAs(first).isSameAs(runner.getLoop());
    }
  }

  @Test
  void run_severalTimes_sharesOneContext() {
    try (var runner = new Runner(options)) {
      runner.run(() -> {
        COLOR.set("red");
      });

      assertThat(runner.<String>run(() -> COLOR.get())).isEqualTo("red");
    }

    assertThat(COLOR.get()).isEqualTo("none");
  }

  @Test
  void run_aFuture_waitsForIt() {
    try (var runner = new Runner(options)) {
      var future = new LoopFuture<String>(runner.getLoop());
      runner.getLoop().callSoon(() -> future.setResult("x"));

      assertThat(runner.run(future)).isEqualTo("x");
    }
  }

  @Test
  void run_insideALoop_isRefused() {
    try (var runner = new Runner(options);
        var other = new Runner(options)) {
      runner.run(() ->
          assertThatThrownBy(() -> other.run(() -> 7))
              .isInstanceOf(IllegalStateException.class)
              .hasMessageContaining("running event loop"));
    }
  }

  @Test
  void run_onAVirtualThread_runsOnAThreadOfItsOwn() throws InterruptedException {
    Thread.ofVirtual().start(() -> Asyncio.run(() -> log.add("ran"), options)).join();

    assertThat(log).containsExactly("ran");
    assertThat(reports).isEmpty();
  }

  @Test
  void run_onTheCallersThreadThatIsVirtual_isRefusedAndLeavesNothing() throws InterruptedException {
    var refused = new AtomicReference<Throwable>();

    Thread.ofVirtual()
        .start(() ->
            refused.set(
                catchThrowable(
                    () -> Asyncio.run(() -> log.add("ran"), options.withoutOwnThread()))))
        .join();

    assertThat(refused.get())
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("platform thread")
        .hasNoSuppressedExceptions();
    assertThat(log).isEmpty();
    assertThat(reports).isEmpty();
  }

  @Test
  void run_whileTheCallerHoldsAMonitor_leavesItTheCallers() {
    var monitor = new Object();

    synchronized (monitor) {
      Asyncio.run(() -> {
        createTask(() -> sleep(Duration.ofMillis(1)));
        Thread.sleep(1); // unmounts, and would take the monitor along
        log.add("ran");
      });
      assertThat(Thread.holdsLock(monitor)).isTrue();
    }

    assertThat(Thread.holdsLock(monitor)).isFalse();
    assertThat(log).containsExactly("ran");
  }

  @Test
  void run_callerIsInterrupted_cancelsTheMainTaskAndThrows() {
    var started = new CountDownLatch(1);
    var thrown = new AtomicReference<Throwable>();
    var flag = new AtomicBoolean(true);
    Thread caller =
        Thread.ofPlatform()
            .start(() -> {
              thrown.set(
                  catchThrowable(() ->
                      Asyncio.run(
                          () -> {
                            try {
                              started.countDown();
                              sleep(Duration.ofDays(1));
                            } finally {
                              sleep(Duration.ofMillis(1));
                              log.add("cleaned up");
                            }
                            return "slept";
                          },
                          Runner.Options.DEFAULT)));
              flag.set(Thread.currentThread().isInterrupted());
            });

    Threads.onThread(() -> {
      started.await();
      caller.interrupt();
      caller.join();
    });

    assertThat(thrown.get()).isInstanceOf(InterruptedException.class);
    assertThat(flag).isFalse();
    assertThat(log).containsExactly("cleaned up");
  }

  @Test
  void run_callerIsInterruptedAndTheMainTaskDeclines_returnsWithTheFlagUp() {
    var started = new CountDownLatch(1);
    var flag = new AtomicBoolean();
    Thread caller =
        Thread.ofPlatform()
            .start(() -> {
              log.add(
                  Asyncio.run(
                      () -> {
                        try {
                          started.countDown();
                          sleep(Duration.ofDays(1));
                        } catch (CancelledError declined) {
                          log.add("declined");
                        }
                        return "done";
                      },
                      Runner.Options.DEFAULT));
              flag.set(Thread.currentThread().isInterrupted());
            });

    Threads.onThread(() -> {
      started.await();
      caller.interrupt();
      caller.join();
    });

    assertThat(log).containsExactly("declined", "done");
    assertThat(flag).isTrue();
  }

  @Test
  void close_tasksLeft_cancelsThemAndWaits() {
    try (var runner = new Runner(options)) {
      runner.run(() -> {
        createTask(() -> {
          try {
            sleep(DAY);
          } finally {
            sleep(TICK);
            log.add("cleaned up");
          }
        });
        sleep(TICK);
        log.add("main ends");
      });
    }

    assertThat(log).containsExactly("main ends", "cleaned up");
    assertThat(reports).isEmpty();
  }

  @Test
  void close_afterMainFailed_cancelsWhatIsLeftToo() {
    var fault = new IOException("gone");

    assertThatThrownBy(() ->
            Asyncio.run(
                () -> {
                  createTask(() -> {
                    try {
                      sleep(DAY);
                    } finally {
                      log.add("cleaned up");
                    }
                  });
                  sleep(TICK);
                  throw fault;
                },
                options))
        .isSameAs(fault);
    assertThat(log).containsExactly("cleaned up");
  }

  @Test
  void close_aTaskFailsMeanwhile_isReported() {
    var fault = new IllegalStateException("in clean-up");
    try (var runner = new Runner(options)) {
      runner.run(() -> {
        createTask(() -> {
          try {
            sleep(DAY);
          } catch (CancelledError cancelled) {
            throw fault;
          }
        });
        sleep(TICK);
      });
    }

    assertThat(reports).hasSize(1);
    assertThat(reports.getFirst().message())
        .isEqualTo("unhandled exception during Asyncio.run() shutdown");
    assertThat(reports.getFirst().exception()).isSameAs(fault);
  }

  @Test
  void close_closesTheLoop() {
    var runner = new Runner(options);
    Loop loop = runner.getLoop();

    runner.close();
    runner.close();

    assertThat(loop.isClosed()).isTrue();
  }

  @Test
  void close_unused_makesNoLoop() {
    var runner =
        new Runner(
            options.withLoopFactory(() -> {
              throw new AssertionError("made a loop");
            }));

    runner.close();

    assertThat(log).isEmpty();
  }

  @Test
  void use_afterClose_isRefused() {
    var runner = new Runner(options);
    runner.close();

    assertThatThrownBy(runner::getLoop)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("Runner is closed");
    assertThatThrownBy(() -> runner.run(() -> 7)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void withDebug_setsItOnTheLoop() {
    try (var runner = new Runner(options.withDebug(true))) {
      assertThat(runner.getLoop().isDebug()).isTrue();
    }
  }

  @Test
  void run_mainCancelled_throwsCancelledError() {
    try (var runner = new Runner(options.withoutSignals())) {
      assertThatThrownBy(() ->
              runner.run(() -> {
                Task.current().cancel("why");
                sleep(TICK);
              }))
          .isInstanceOf(CancelledError.class)
          .hasMessage("why");
    }
  }

  @Test
  void run_loopStoppedBefore_isRefused() {
    try (var runner = new Runner(options)) {
      assertThatThrownBy(() ->
              runner.run(() -> {
                Loop.running().stop();
                new LoopFuture<Void>().await();
              }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("Event loop stopped before Future completed.");
    }
  }

  @Test
  void run_debugAndASlowStep_isLogged() {
    try (var captured = new CapturedLog("io.loop");
        var runner = new Runner(options.withDebug(true))) {
      runner.getLoop().setSlowCallbackDuration(Duration.ZERO);

      runner.run(() -> 7);

      assertThat(captured.messages()).isNotEmpty();
    }
  }
}
