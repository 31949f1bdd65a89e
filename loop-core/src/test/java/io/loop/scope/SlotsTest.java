package io.loop.scope;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class SlotsTest {

  private static final int BODIES = 8;
  private static final int ROUNDS = 50_000;
  private static final Duration STANDSTILL = Duration.ofSeconds(30);

  /// On the portable carrier, the bodies run in parallel after the blocking call.
  @Test
  void slots_takenAndReleasedByBodiesThatHaveBlocked_areAllThereAfterwards() {
    var slots = new Slots(BODIES);
    var start = new CountDownLatch(1);

    Asyncio.run(() ->
        Asyncio.timeout(
            STANDSTILL,
            () -> {
              TaskGroup.run(group -> {
                for (int i = 0; i < BODIES; i++) {
                  group.createTask(() -> {
                    start.await();
                    for (int round = 0; round < ROUNDS; round++) {
                      slots.acquire();
                      slots.release();
                    }
                  });
                }
                group.createTask(() -> {
                  Asyncio.sleep(Duration.ofMillis(50)); // all others block now
                  start.countDown();
                });
              });
            }));

    assertThat(slots.free()).isEqualTo(BODIES);
  }
}
