package io.loop.task;

import static io.loop.Asyncio.sleep;
import static org.assertj.core.api.Assertions.assertThat;

import io.loop.testing.ManualLoop;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;

/// A loop that waits for blocked threads.
abstract class InterruptionFixture {

  static final Duration SOON = Duration.ofMillis(20);
  static final Duration PATIENCE = Duration.ofSeconds(30);

  final ManualLoop manual = new ManualLoop();

  @BeforeEach
  void waitForBlockedThreads() {
    manual.setPatience(PATIENCE);
  }

  @AfterEach
  void close() {
    manual.close();
  }

  /// Neither a request nor an interrupt is left.
  static void assertNothingIsLeft() throws InterruptedException {
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
    Thread.sleep(1);
    sleep(Duration.ofMillis(1));
    assertThat(Task.current().cancelling()).isZero();
  }
}
