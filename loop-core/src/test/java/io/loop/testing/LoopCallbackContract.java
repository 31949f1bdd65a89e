package io.loop.testing;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.context.Context;
import io.loop.context.ContextVar;
import io.loop.event.Callback;
import io.loop.event.ExceptionContext;
import io.loop.event.KeyboardInterrupt;
import io.loop.event.SystemExit;
import io.loop.task.Coro;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Callbacks that fail, what ends a loop, and the context that a callback runs in.
abstract class LoopCallbackContract extends LoopFixture {

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
