package io.loop.netty;

import static org.assertj.core.api.Assertions.assertThat;

import io.loop.Asyncio;
import io.loop.event.Loop;
import io.loop.netty.transport.Transport;
import io.loop.task.Coro;
import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A loop has the descriptors that the one before it gave back.
class WakeupAfterCloseTest extends OnNetty {

  private static final int LOOPS = 2_000;
  private static final Duration SHORT = Duration.ofNanos(200_000);

  @ParameterizedTest
  @MethodSource("transports")
  void hazard66_loopsOneAfterAnother_areAllWoken(Transport transport) {
    int woken = 0;
    for (int i = 0; i < LOOPS; i++) {
      try (Loop loop = NettyLoop.create(transport)) {
        Asyncio.runUntilComplete(loop, Coro.of(WakeupAfterCloseTest::beWoken));
      }
      woken++;
    }
    assertThat(woken).isEqualTo(LOOPS);
  }

  /// The JDK's timer thread ends a blocking sleep, and wakes the loop that waits without a limit.
  private static void beWoken() throws InterruptedException {
    Thread.sleep(SHORT);
  }
}
