package io.loop.libraries;

import static io.loop.Asyncio.createTask;
import static io.loop.Asyncio.sleep;
import static io.loop.Asyncio.toThread;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.task.LoopFuture;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// Micrometer's current observation follows the work, with its own accessor and nothing registered
/// by the program.
final class MicrometerTest {

  private final ObservationRegistry registry = ObservationRegistry.create();
  private final List<@Nullable String> seen = new ArrayList<>();

  MicrometerTest() {
    registry.observationConfig().observationHandler(_ -> true);
  }

  private void look() {
    Observation current = registry.getCurrentObservation();
    seen.add(current == null ? null : current.getContext().getName());
  }

  @Test
  void observation_followsTasksCallbacksAndThreads() {
    Observation request = Observation.start("request", registry);
    try (var _ = request.openScope()) {
      Asyncio.run(() -> {
        look();
        createTask(
                () -> {
                  sleep(Duration.ofMillis(1));
                  look();
                })
            .await();
        toThread(() -> look());
        var called = new LoopFuture<@Nullable Void>();
        Loop.running()
            .callSoon(() -> {
              look();
              called.setResult(null);
            });
        called.await();
      });
    }
    request.stop();

    assertThat(seen).containsExactly("request", "request", "request", "request");
    assertThat(registry.getCurrentObservation()).isNull();
  }

  @Test
  void observationOfATask_isItsOwn() {
    Asyncio.run(() -> {
      var child =
          createTask(() ->
              Observation.createNotStarted("query", registry)
                  .observe(() -> {
                    sleep(Duration.ofMillis(1));
                    look();
                  }));
      sleep(Duration.ZERO); // the child is inside its observation
      look();
      child.await();
      look();
    });

    assertThat(seen).containsExactly(null, "query", null);
  }
}
