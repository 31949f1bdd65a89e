package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.event.ExceptionContext;
import io.loop.event.Origin;
import io.loop.task.LoopFuture;
import io.loop.task.Task;
import io.loop.testing.CapturedLog;
import io.loop.testing.ManualLoop;
import io.loop.testing.Threads;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class DebugModeTest {

  private static final Duration TICK = Duration.ZERO;

  private final ManualLoop manual = new ManualLoop();
  private final List<ExceptionContext> reports = new ArrayList<>();

  DebugModeTest() {
    manual.loop().setDebug(true);
    manual.loop().setExceptionHandler((_, report) -> reports.add(report));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void failedCallback_tellsWhereItWasScheduled() {
    manual.run(() -> {
      manual.loop().callSoon(DebugModeTest::fail);
      sleep(TICK);
    });

    assertThat(reports.getFirst().details()).containsOnlyKeys("handle", "source_traceback");
    assertOriginIsHere("failedCallback_tellsWhereItWasScheduled");
  }

  private static void fail() {
    throw new IllegalArgumentException("bad");
  }

  @Test
  void unreadFailure_tellsWhereTheFutureWasMade() {
    manual.run(() -> new LoopFuture<String>().setException(new IOException("x")));
    manual.close();

    assertThat(reports.getFirst().message()).endsWith("exception was never retrieved");
    assertOriginIsHere("unreadFailure_tellsWhereTheFutureWasMade");
  }

  @Test
  void destroyedTask_tellsWhereItWasMade() {
    manual.run(() -> {
      createTask(() -> sleep(Duration.ofDays(1)));
      sleep(TICK);
    });
    manual.loop().close();

    assertThat(reports.getFirst().message()).startsWith("Task was destroyed");
    assertOriginIsHere("destroyedTask_tellsWhereItWasMade");
  }

  private void assertOriginIsHere(String method) {
    Origin origin = (Origin) reports.getFirst().details().get("source_traceback");
    assertThat(origin.frames()).hasSizeBetween(1, 10);
    assertThat(origin.frames().getFirst().getMethodName()).contains(method);
  }

  @Test
  void toString_saysWhereItWasMade() {
    manual.run(() -> {
      assertThat(new LoopFuture<String>().toString())
          .matches("<LoopFuture pending created at DebugModeTest.java:\\d+>");
      assertThat(createTask(() -> {}).toString()).contains(" created at DebugModeTest.java:");
    });
  }

  @Test
  void withoutDebugMode_nothingIsKept() {
    manual.loop().setDebug(false);

    manual.run(() -> {
      assertThat(new LoopFuture<String>()).hasToString("<LoopFuture pending>");
      manual.loop().callSoon(DebugModeTest::fail);
      sleep(TICK);
    });

    assertThat(reports.getFirst().details()).containsOnlyKeys("handle");
  }

  @Test
  void defaultHandler_tellsOriginsUnderAHeading() {
    manual.loop().setExceptionHandler(null);
    try (var log = new CapturedLog("io.loop")) {
      manual.run(() -> {
        manual.loop().callSoon(DebugModeTest::fail);
        sleep(TICK);
      });

      assertThat(log.messages())
          .singleElement()
          .asString()
          .containsPattern(
              "\nObject created at \\(most recent call first\\):\n  at .*DebugModeTest");
    }
  }

  @Test
  void defaultHandler_withoutAnOrigin_tellsThatOfTheRunningHandle() {
    manual.loop().setExceptionHandler(null);
    try (var log = new CapturedLog("io.loop")) {
      manual.run(() -> {
        manual
            .loop()
            .callSoon(() -> manual.loop().callExceptionHandler(new ExceptionContext("mine", null)));
        sleep(TICK);
      });

      assertThat(log.messages())
          .singleElement()
          .asString()
          .containsPattern(
              "mine\nHandle created at \\(most recent call first\\):\n  at .*DebugMode");
    }
  }

  @Test
  void futures_touchedByAnotherThread_refuse() {
    manual.setPatience(Duration.ofSeconds(30));
    manual.run(() -> {
      var future = new LoopFuture<@Nullable Void>();
      Task<@Nullable Void> task = createTask(() -> sleep(TICK));

      assertThatThrownBy(() -> elsewhere(() -> future.setResult(null)))
          .hasMessageContaining("LoopFuture.setResult()");
      assertThatThrownBy(() -> elsewhere(future::cancel))
          .hasMessageContaining("is not the thread of its loop");
      assertThatThrownBy(() -> elsewhere(() -> future.addDoneCallback(_ -> {})))
          .hasMessageContaining("is not the thread of its loop");
      assertThatThrownBy(() -> elsewhere(task::cancel)).hasMessageContaining("callSoonThreadsafe");
      assertThat(future.isDone()).isFalse();
      assertThat(task.cancelling()).isZero();
    });
  }

  private static void elsewhere(Runnable action) {
    try {
      Threads.join(Threads.start(action::run));
    } catch (RuntimeException fault) {
      throw fault.getCause() instanceof IllegalStateException refused ? refused : fault;
    }
  }

  @Test
  void slowCallbackDuration_isWhatWasSet() {
    Duration before = manual.loop().slowCallbackDuration();

    manual.loop().setSlowCallbackDuration(Duration.ofSeconds(2));

    assertThat(before).isEqualTo(Duration.ofMillis(100));
    assertThat(manual.loop().slowCallbackDuration()).isEqualTo(Duration.ofSeconds(2));
  }
}
