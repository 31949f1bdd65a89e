package io.loop.netty.channel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.loop.Asyncio;
import io.loop.task.Task;
import io.loop.testing.ManualLoop;
import io.netty.handler.codec.TooLongFrameException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class InboundTest {

  private static final int MOST = 10;

  private final ManualLoop manual = new ManualLoop();
  private final Inbound<String> inbound = new Inbound<>(manual.loop(), _ -> true);

  @AfterEach
  void close() {
    manual.close();
  }

  private static TooLongFrameException tooLong(int length) {
    return new TooLongFrameException("frame length is " + length);
  }

  private void assertFails(String message, int followers) {
    assertThatThrownBy(inbound::take)
        .isInstanceOf(TooLongFrameException.class)
        .hasMessage(message)
        .satisfies(fault -> {
          if (followers == 0) {
            assertThat(fault).hasNoSuppressedExceptions();
          } else {
            assertThat(fault.getSuppressed()[0])
                .hasMessage(followers + " more failures followed directly");
          }
        });
  }

  @Test
  void fail_equalOnes_areOneAndTheirNumber() throws IOException {
    inbound.add("a");
    for (int i = 0; i < 5; i++) {
      inbound.fail(tooLong(7), MOST);
    }
    inbound.add("b");

    assertThat(inbound.size()).isEqualTo(7);
    assertThat(inbound.take()).isEqualTo("a");
    assertFails("frame length is 7", 4);
    assertThat(inbound.size()).isEqualTo(1);
    assertThat(inbound.take()).isEqualTo("b");
  }

  @Test
  void fail_equalOnesWithAMessageBetween_areBothThrown() throws IOException {
    inbound.fail(tooLong(7), MOST);
    inbound.add("a");
    inbound.fail(tooLong(7), MOST);

    assertFails("frame length is 7", 0);
    assertThat(inbound.take()).isEqualTo("a");
    assertFails("frame length is 7", 0);
  }

  @Test
  void fail_differentOnes_areAllThrownUntilThereAreTooMany() {
    for (int i = 0; i < 1_000; i++) {
      inbound.fail(tooLong(i), MOST);
    }

    assertThat(inbound.size()).isEqualTo(1_000);
    for (int i = 0; i < MOST - 1; i++) {
      assertFails("frame length is " + i, 0);
    }
    assertFails("frame length is " + (MOST - 1), 1_000 - MOST);
    assertThat(inbound.size()).isZero();
  }

  @Test
  void handOver_failures_comeWithTheirNumber() {
    for (int i = 0; i < 3; i++) {
      inbound.fail(tooLong(7), MOST);
    }
    List<Throwable> failures = new ArrayList<>();

    inbound.handOver(_ -> {}, failures::add);

    assertThat(failures).hasSize(1);
    assertThat(failures.getFirst().getSuppressed()[0])
        .hasMessage("2 more failures followed directly");
    assertThat(inbound.size()).isZero();
  }

  @Test
  void await_whileAnotherWasWokenAndHasNotGoneOn_isRefused() {
    manual.run(() -> {
      Task<String> first =
          Asyncio.createTask(() -> {
            inbound.await(() -> {});
            return inbound.take();
          });
      Asyncio.sleep(Duration.ZERO);

      inbound.add("a"); // wakes the first
      assertThat(inbound.take()).isEqualTo("a");
      assertThatThrownBy(() -> inbound.await(() -> {})).isInstanceOf(IllegalStateException.class);
      Asyncio.sleep(Duration.ZERO);

      inbound.add("b");
      assertThat(first.await()).isEqualTo("b");
    });
  }
}
