package io.loop;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.context.ContextPropagator;
import io.loop.context.ContextPropagator.Scope;
import io.loop.task.Task;
import io.loop.testing.CapturedLog;
import io.loop.testing.CarriedName;
import io.loop.testing.ManualLoop;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Several propagators, those that come late or are taken out, and one that throws.
final class ContextPropagatorsTest extends ContextPropagationFixture {

  @Test
  void several_areRestored_andPutBackInTheOppositeOrder() {
    var other = new CarriedName();
    try (var _ = ContextPropagator.register(other)) {
      Asyncio.run(() -> {
        other.set("other");
        Task<?> _ =
            createTask(() -> {
              look();
              seen.add(other.get());
            });
        sleep(Duration.ZERO);
      });
    }

    assertThat(seen).containsExactly(null, "other");
  }

  @Test
  void takenOut_isAskedNoMore() {
    registration.close();
    Asyncio.run(() -> {
      name.set("maker");
      createTask(this::look).await();
    });

    assertThat(seen).containsExactly((String) null);
  }

  @Test
  void registeredLater_earlierWorkBeginsWithoutValues() {
    var manual = new ManualLoop();
    var other = new CarriedName();
    other.set("thread");
    name.set("scheduler");
    manual
        .loop()
        .callSoon(() -> {
          look();
          seen.add(other.get());
        });
    try (var _ = ContextPropagator.register(other)) {
      manual.runUntilIdle();
    }
    manual.close();

    assertThat(seen).containsExactly("scheduler", null);
  }

  private static final class Broken implements ContextPropagator<String> {
    private boolean captures;
    private boolean restores;

    @Override
    public String capture() {
      if (captures) {
        return "captured";
      }
      throw new IllegalStateException("capture");
    }

    @Override
    public Scope restore(@Nullable String snapshot) {
      if (restores) {
        return () -> {
          throw new IllegalStateException("close");
        };
      }
      throw new IllegalStateException("restore");
    }

    @Override
    public String toString() {
      return "Broken";
    }
  }

  @Test
  void propagatorThatThrows_isLoggedOnce_andTheWorkGoesOn() {
    var broken = new Broken();
    name.set("thread");

    try (var log = new CapturedLog("io.loop");
        var _ = ContextPropagator.register(broken)) {
      Asyncio.run(this::look);
      broken.captures = true;
      Asyncio.run(this::look);
      broken.restores = true;
      Asyncio.run(this::look);

      assertThat(log.messages())
          .containsExactly(
              "The context propagator Broken failed; its values are not propagated here");
    }

    assertThat(seen).containsExactly("thread", "thread", "thread");
  }
}
