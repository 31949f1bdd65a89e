package io.loop.task;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.testing.ManualLoop;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ShieldTest {

  private static final Duration TICK = Duration.ZERO;
  private static final Duration HOUR = Duration.ofHours(1);

  private final ManualLoop manual = new ManualLoop();
  private final List<String> reports = new ArrayList<>();

  ShieldTest() {
    manual.loop().setExceptionHandler((_, report) -> reports.add(report.message()));
  }

  @AfterEach
  void close() {
    manual.close();
  }

  @Test
  void shield_givesTheResultOfTheInner() {
    manual.run(() -> assertThat(Asyncio.shield(() -> sleep(TICK, "x")).await()).isEqualTo("x"));
  }

  @Test
  void shield_done_isTheVeryFuture() {
    manual.run(() -> {
      var done = new LoopFuture<String>();
      done.setResult("x");

      assertThat(Asyncio.<String>shield(done)).isSameAs(done);
    });
  }

  @Test
  void shield_innerFails_failsWithTheVeryObject() {
    var fault = new IOException("gone");

    manual.run(() -> {
      var inner = new LoopFuture<String>();
      LoopFuture<String> outer = Asyncio.shield(inner);
      inner.setException(fault);

      assertThatThrownBy(outer::await).isSameAs(fault);
    });
  }

  @Test
  void shield_awaitingTaskCancelled_leavesTheInnerAlone() {
    manual.run(() -> {
      Task<String> inner = createTask(() -> sleep(HOUR, "x"));
      Task<String> awaiting = createTask(() -> Asyncio.<String>shield(inner).await());
      sleep(TICK);
      sleep(TICK);
      awaiting.cancel();

      assertThatThrownBy(awaiting::await).isInstanceOf(CancelledError.class);
      assertThat(inner.cancelling()).isZero();
      assertThat(inner.await()).isEqualTo("x");
    });
  }

  @Test
  void shield_innerCancelled_isCancelledToo() {
    manual.run(() -> {
      Task<String> inner = createTask(() -> sleep(HOUR, "x"));
      LoopFuture<String> outer = Asyncio.shield(inner);
      sleep(TICK);
      inner.cancel();

      assertThatThrownBy(outer::await).isInstanceOf(CancelledError.class);
      assertThat(outer.isCancelled()).isTrue();
    });
  }

  @Test
  void shield_outerCancelledThenInnerFails_isReportedWhenNobodyReadsIt() {
    manual.run(() -> {
      Task<Void> inner =
          createTask(() -> {
            sleep(TICK);
            throw new IOException("gone");
          });
      Asyncio.shield(inner).cancel();
      sleep(TICK);
      sleep(TICK);
    });
    List<String> before = List.copyOf(reports);

    manual.close();

    assertThat(before).isEmpty();
    assertThat(reports).containsExactly("Task exception was never retrieved");
  }
}
